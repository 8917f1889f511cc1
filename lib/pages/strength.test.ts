import { describe, expect, test } from 'vitest';
import { strengthOf } from './strength.ts';

const KNOWN = ['ada.lovelace@example.com', 'Gatehouse'];
const [TOO_SHORT, WEAK, FAIR, GOOD, STRONG] = [0, 1, 2, 3, 4] as const;

describe('a password', () => {
  test.each([
    ['', TOO_SHORT],
    ['seven c', TOO_SHORT],
    ['é'.normalize('NFD').repeat(7), TOO_SHORT], // fourteen code points before NFC
    ['password', WEAK],
    ['P@ssw0rd2026!', WEAK],
    ['qwertyuiop', WEAK],
    ['aaaaaaaaaaaaaaaa', WEAK],
    ['12345678901234', WEAK],
    ['abcdefghijklmnop', WEAK],
    ['abcabcabcabcabc', WEAK],
    ['iloveyou1999', WEAK],
    ['Ada.Lovelace1990', WEAK],
    ['gatehouse-gatehouse', WEAK],
    ['Sommer2026!', WEAK],
    ['tame llama', WEAK],
    ['x7$Kq9!v', FAIR],
    ['tame llama dines', FAIR],
    ['tame llama dines out', GOOD],
    ['correct horse battery staple', STRONG],
    ['k3!Jx9QmZ-b2Wp7t', STRONG],
  ])('such as %j is rated %i', (password, strength) => {
    expect(strengthOf(password, 8, KNOWN)).toBe(strength);
  });

  test('is too short by the minimum that is configured', () => {
    expect(strengthOf('correct horse', 14, [])).toBe(TOO_SHORT);
  });

  test('grows no weaker by another word', () => {
    let password = '';
    let before: number = WEAK;
    for (const word of ['tame', 'llama', 'dines', 'upon', 'moss', 'alone']) {
      password += ` ${word}`;
      const now = strengthOf(password, 1, []);
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
    expect(before).toBe(STRONG);
  });

  test('as long as a form can carry is rated before the next key is struck', () => {
    for (const unit of ['a', 'ab1', '🦙', 'password', 'xK9!']) {
      const begin = performance.now();
      strengthOf(unit.repeat(72 / unit.length), 8, KNOWN);
      expect(performance.now() - begin).toBeLessThan(100);
    }
  });
});

test('it needs nothing of the module that it stands in, since only its text is sent to browsers', () => {
  const alone = new Function(`return (${strengthOf})(...arguments)`);
  expect(alone('tame llama dines out', 8, [])).toBe(GOOD);
});
