import type { OnDamaged } from '../../../lib/dynamodb/sound-rows.ts';

/** Says which row a command leaves out, and has it end with 1: its output isn't all there is. */
export const sayDamaged: OnDamaged = ({ table, userId, attributes }) => {
  const which = /^[\w-]+$/.test(userId) ? userId : JSON.stringify(userId);
  console.error(
    `Left out: a row of user ${which} in ${table} is damaged (${attributes.join(', ')}). Mend it there.`,
  );
  process.exitCode = 1;
};
