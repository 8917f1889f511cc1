/** What a page shows, in words of its language. */
export type View = {
  title: string;
  /** Something was completed: the page says so with a sign. */
  done?: true;
  /** The email address that it was about. */
  address?: string | undefined;
  /** What just happened, where the page looks as it did before. */
  notice?: string | undefined;
  paragraphs: readonly string[];
  /** What went wrong with the request as a whole. */
  alert?: string | undefined;
  form?: Form | undefined;
  /** Where most people want to go from here. */
  link?: Link | undefined;
  /** Where the others want to go. */
  other?: Link | undefined;
};

/** `to` is a whole URL, or a query of the page's own address. */
export type Link = { to: string; text: string };

/** A form that is sent to the page's own address. */
export type Form = {
  /** What is sent along unseen, by name. */
  hidden: Readonly<Record<string, string>>;
  /** Whose account it is about, where that is known. */
  account?: string | undefined;
  /** What has to be typed; a form without it is a button. */
  field?: Field | undefined;
  submit: string;
  /** What the form in another language is asked for with. */
  query: Readonly<Record<string, string>>;
};

export type Field = {
  kind: 'email' | 'new-password' | 'password';
  value?: string;
  /** What is wrong with it. */
  error: string | undefined;
};
