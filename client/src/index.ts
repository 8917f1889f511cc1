export { type Client, type ClientOptions, createClient, type User } from './client.ts';
export { type FieldError, GatehouseError } from './gatehouse-error.ts';
export { persistentStorage } from './persistent-storage.ts';
export type { SessionEnd } from './session-store.ts';
export { memoryStorage, type TokenStorage } from './storage.ts';
export { tabStorage } from './tab-storage.ts';
