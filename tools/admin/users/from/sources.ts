import { aspnet } from './aspnet.ts';
import { auth0 } from './auth0.ts';
import { cognito } from './cognito.ts';
import { devise } from './devise.ts';
import { django } from './django.ts';
import { firebase } from './firebase.ts';
import { keycloak } from './keycloak.ts';
import { laravel } from './laravel.ts';
import type { Source } from './source.ts';
import { supabase } from './supabase.ts';
import { wordpress } from './wordpress.ts';

export const sources = {
  ...{ auth0, firebase, cognito, supabase, keycloak },
  ...{ django, wordpress, laravel, devise, aspnet },
} satisfies Record<string, Source>;

export type System = keyof typeof sources;

export function isSystem(name: string): name is System {
  return Object.hasOwn(sources, name);
}
