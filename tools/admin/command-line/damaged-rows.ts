import type { OnDamaged } from '../../../lib/dynamodb/sound-rows.ts';

/** Reports a row that a command leaves out, and sets the exit code 1, since the output is incomplete. */
export const sayDamaged: OnDamaged = ({ table, userId, attributes }) => {
  const which = /^[\w-]+$/.test(userId) ? userId : JSON.stringify(userId);
  console.error(
    `Left out: a row of user ${which} in ${table} is damaged (${attributes.join(', ')}). Mend it there.`,
  );
  process.exitCode = 1;
};
