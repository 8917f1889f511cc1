import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { personName } from '../core/fields.ts';
import type { Hooks, LegacyUser, Migration } from '../core/hooks.ts';
import { readRoles } from '../core/roles.ts';
import { BadAnswer, isObject, runHook } from './ask.ts';

/** Milliseconds beyond the floor, for the write that follows a lookup which used all of its time. */
const AFTER_LOOKUP_MS = 100;

/** The hook `findLegacy`. @param migrationFloor milliseconds */
export function openMigration(
  { findLegacy, onError }: Hooks,
  { migrationFloor }: { migrationFloor: number },
): Migration | undefined {
  return (
    findLegacy && {
      find: (who) =>
        runHook({
          name: 'findLegacy',
          onError,
          limit: migrationFloor,
          call: (signal) => findLegacy({ ...who }, { signal }),
          read: readLegacyUser,
        }),
      startTimer() {
        const until = performance.now() + migrationFloor + AFTER_LOOKUP_MS;
        return () => pause(Math.max(0, until - performance.now()));
      },
    }
  );
}

function readLegacyUser(answer: unknown): LegacyUser {
  if (!isObject(answer)) throw new BadAnswer('it returned a user that is no object');
  const { name, emailVerified, roles } = answer;
  const read = v.safeParse(personName, name);
  if (!read.success) throw new BadAnswer('it returned a user whose name is none');
  if (typeof emailVerified !== 'boolean')
    throw new BadAnswer('it returned a user whose emailVerified is neither true nor false');
  if (roles === undefined || roles === null) return { name: read.output, emailVerified };
  const known = Array.isArray(roles) ? readRoles(roles) : undefined;
  if (known === undefined) throw new BadAnswer('it returned a user whose roles are none');
  return { name: read.output, emailVerified, roles: known };
}
