/** A mail's content; the text part says the same as the HTML part. */
export type Mail = { subject: string; text: string; html: string };

/**
 * The mail that carries the link to reset a password.
 *
 * @param name the user's own words: escaped in HTML, and never in the subject
 * @param minutes how long the link is valid
 */
export function resetLinkMail(name: string, link: string, minutes: number): Mail {
  return {
    subject: 'Reset your password',
    text: `Hello ${name},

someone, we hope you, asked to reset the password of your account. To choose a new one, open this link:

${link}

It is valid for ${minutes} minutes and works once.

If you did not ask for this, ignore this mail: your password stays as it is.
`,
    html: page(`<p>Hello ${escapeHtml(name)},</p>
<p>someone, we hope you, asked to reset the password of your account. To choose a new one, open this link:</p>
<p><a href="${escapeHtml(link)}">Reset your password</a></p>
<p>or copy its address: ${escapeHtml(link)}</p>
<p>It is valid for ${minutes} minutes and works once.</p>
<p>If you did not ask for this, ignore this mail: your password stays as it is.</p>`),
  };
}

/** The notice to the owner after a reset. @see OWASP ASVS 5.0 6.3.7 */
export function passwordChangedMail(name: string, appUrl: string): Mail {
  return {
    subject: 'Your password was changed',
    text: `Hello ${name},

the password of your account was just changed, and you were logged out everywhere.

If it was not you, ask for a password reset at once: ${appUrl}
`,
    html: page(`<p>Hello ${escapeHtml(name)},</p>
<p>the password of your account was just changed, and you were logged out everywhere.</p>
<p>If it was not you, ask for a password reset at once: <a href="${escapeHtml(appUrl)}">${escapeHtml(appUrl)}</a></p>`),
  };
}

function page(body: string): string {
  return `<!doctype html>\n<html lang="en"><meta charset="utf-8"><body>\n${body}\n</body></html>\n`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}
