/** From too short, weak and fair to good and strong. */
export type Strength = 0 | 1 | 2 | 3 | 4;

/**
 * Estimates the strength of a password, conservatively: what guessers try early (common words, the account's address, runs,
 * repetitions, years) counts for little, and a letter after a letter counts like one in a word. This is only advice: the
 * server's policy decides.
 *
 * Runs in the browser, as the text that `Function.prototype.toString` gives: nothing of this module is around it there.
 *
 * @param minimum characters that the policy asks for
 * @param known words that a guesser of this account would begin with: its address, the name of the service
 * @see docs/decisions/0014-pages-of-our-own.md for what the steps mean and how it compares
 */
export function strengthOf(password: string, minimum: number, known: readonly string[]): Strength {
  const COMMON =
    'password passwort passwd motdepasse contrasena pasuwado qwerty qwertz azerty qazwsx asdf zxcv 1q2w3e letmein welcome willkommen bienvenue hallo hello hola admin administrator root login master dragon monkey shadow sunshine princess football baseball soccer iloveyou ichliebedich jetaime teamo trustno starwars superman batman pokemon naruto michael jordan jessica ashley daniel thomas andrea charlie george robert jennifer nicole alexander summer winter spring autumn sommer monday januar january freedom whatever computer internet samsung google secret geheim schatz chocolat cookie cheese banana orange flower pepper ginger killer hunter ranger buster tigger harley mustang ferrari porsche mercedes liverpool arsenal chelsea barcelona juventus bayern test demo user guest default changeme temp love angel baby hannah maggie sakura hottie lovely matrix yankees access flower pass'.split(
      ' ',
    );
  const LOOKALIKES: Record<string, string> = {
    '@': 'a',
    '0': 'o',
    '1': 'i',
    '3': 'e',
    $: 's',
    '5': 's',
    '7': 't',
  };
  const ROWS = '1234567890 qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop qsdfghjklm';

  const characters = [...password.normalize('NFC')];
  if (characters.length < minimum) return 0;
  const lower = characters.map((character) => character.toLowerCase());
  const plain = lower.map((character) => LOOKALIKES[character] ?? character);
  const words = known.flatMap((word) => word.toLowerCase().split(/[^\p{L}\p{N}]+/u)).concat(COMMON);

  const lengthOfWord = (at: number) => {
    let longest = 0;
    for (const word of words) {
      const length = [...word].length;
      if (length <= Math.max(longest, 2)) continue;
      if (lower.slice(at, at + length).join('') === word || plain.slice(at, at + length).join('') === word)
        longest = length;
    }
    return longest;
  };
  const lengthOfRun = (at: number) => {
    const step = (index: number) =>
      (lower[index + 1] ?? '').charCodeAt(0) - (lower[index] ?? '').charCodeAt(0);
    let length = 1;
    while (Math.abs(step(at)) <= 1 && step(at + length - 1) === step(at)) length += 1;
    let typed = 1;
    while (ROWS.includes(lower.slice(at, at + typed + 1).join('')) && at + typed < lower.length) typed += 1;
    return Math.max(length, typed);
  };
  const lengthOfRepetition = (at: number) => {
    const before = lower.slice(0, at).join('');
    let length = 0;
    while (at + length < lower.length && before.includes(lower.slice(at, at + length + 1).join('')))
      length += 1;
    return length;
  };
  const bitsOf = (at: number) => {
    const character = characters[at] as string;
    const before = characters[at - 1] ?? '';
    if (/\d/.test(character)) return 3.3;
    if (character === ' ') return 1;
    if (character > '\x7f') return before > '\x7f' ? 3 : 6;
    if (!/[a-z]/i.test(character)) return 5;
    const goesOn = /[a-z]/.test(character) && /[a-z]/i.test(before);
    return goesOn ? 1.7 : 4.7;
  };

  /** How many characters from here guessers try as one unit, and how much the unit counts. */
  const guessAt = (at: number): { length: number; bits: number } => {
    const year = /^(?:19|20)\d\d/.test(lower.slice(at, at + 4).join('')) ? 4 : 0;
    const guesses = [
      { length: lengthOfWord(at), bits: 7 },
      { length: year, bits: 6 },
      { length: lengthOfRun(at), bits: 4 },
      { length: lengthOfRepetition(at), bits: 4 },
    ];
    // Of several units of the same length, the first one counts.
    const furthest = guesses.reduce((best, guess) => (guess.length > best.length ? guess : best));
    return furthest.length < 3 ? { length: 1, bits: bitsOf(at) } : furthest;
  };

  let bits = 0;
  for (let at = 0; at < characters.length; ) {
    const guess = guessAt(at);
    bits += guess.bits;
    at += guess.length;
  }
  const steps = [30, 40, 50].filter((step) => bits >= step).length;
  return (1 + steps) as Strength;
}
