/** The languages that mails and pages speak; the first one is for whoever asks for none of them. */
export const LANGUAGES = ['en', 'de', 'fr', 'es', 'ja'] as const;

export type Language = (typeof LANGUAGES)[number];
