// What a long run prints and counts: each check, whether it held, and why not.

let passed = 0;
const failed: string[] = [];

/** One check: what fails is reported and counted, and the others go on. */
export async function check(what: string, action: () => unknown): Promise<boolean> {
  try {
    await action();
    passed += 1;
    console.log(`  ✓ ${what}`);
    return true;
  } catch (error) {
    failed.push(what);
    console.log(`  ✗ ${what}\n      ${String((error as Error).message).replaceAll('\n', '\n      ')}`);
    return false;
  }
}

export function heading(text: string): void {
  console.log(`\n${text}`);
}

/** What this machine cannot check, where nobody overlooks it. @param what and why, and how to mend that */
export function skipped(what: string): void {
  console.log(`\n  ${'*'.repeat(80)}\n  SKIPPED: ${what}\n  ${'*'.repeat(80)}`);
}

/** Runs everything, prints `N checks passed, N failed` as the last line, and ends the process by that. */
export async function reportAndExit(run: () => Promise<void>, tidy: () => Promise<void>): Promise<never> {
  try {
    await run();
  } catch (error) {
    failed.push('the test itself');
    console.log(`  ✗ ${(error as Error).stack}`);
  } finally {
    await tidy();
  }
  if (failed.length > 0) console.log(`\nFailed: ${failed.join('; ')}`);
  console.log(`\n${passed} checks passed, ${failed.length} failed`);
  process.exit(failed.length > 0 ? 1 : 0);
}
