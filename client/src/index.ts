export { type Client, type ClientOptions, createClient, type User } from './client.ts';
export { type FieldError, GatehouseError } from './gatehouse-error.ts';
export type { SessionEnd } from './session.ts';
export { memoryStorage, persistentStorage, type TokenStorage, tabStorage } from './storage.ts';
