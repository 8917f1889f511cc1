/** The content of a page, in its language. */
export type View = {
  title: string;
  /** Whether something was completed, which the page shows by a sign. */
  done?: true;
  /** The email address that was used. */
  address?: string | undefined;
  /** What has just happened, on a page that otherwise looks as before. */
  notice?: string | undefined;
  paragraphs: readonly string[];
  /** What went wrong with the request as a whole. */
  alert?: string | undefined;
  form?: Form | undefined;
  /** The main link from here. */
  link?: Link | undefined;
  /** The other link. */
  other?: Link | undefined;
};

/** `to` is a whole URL, or a query of the page's own address. */
export type Link = { to: string; text: string };

/** A form that is sent to the page's own address. */
export type Form = {
  /** Hidden fields, by name. */
  hidden: Readonly<Record<string, string>>;
  /** The email address of the account, if known. */
  account?: string | undefined;
  /** The field; a form without one is a button. */
  field?: Field | undefined;
  submit: string;
  /** The query of the links to the form in other languages. */
  query: Readonly<Record<string, string>>;
};

export type Field = {
  kind: 'email' | 'new-password' | 'password';
  value?: string;
  /** What is wrong with it. */
  error: string | undefined;
};
