// Rules of your own, compiled into the functions: beforeSignUp, claims, findLegacy and onError. docs/hooks.md says what each
// gets and returns, and what happens when one fails.
export {};
