/** What a page shows, in words of its language. */
export type View = {
  title: string;
  paragraphs: readonly string[];
  /** What went wrong with a form as a whole. */
  alert?: string | undefined;
  form?: ResetForm | ForgetForm | undefined;
  /** Where to go from here: a whole URL. */
  link?: { to: string; text: string } | undefined;
};

export type ResetForm = {
  kind: 'reset';
  tag: string;
  /** Whose password it is, where that is known. */
  email: string | undefined;
  /** What is wrong with the field. */
  error: string | undefined;
};

export type ForgetForm = { kind: 'forget'; email: string; error: string | undefined };
