// Checks what we install beyond what lockfile-lint sees.
//   node .ci/dependencies.ts             every locked package has a SHA-512 of its content; needs no network
//   node .ci/dependencies.ts --online    and no run-time dependency has an advisory (npm audit) or is deprecated
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

type Locked = { version?: string; integrity?: string; dev?: boolean; optional?: boolean };

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, Locked>;
};
const installed = Object.entries(packages).filter(([path]) => path !== '');
const faults = installed
  .filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))
  .map(
    ([path]) => `${path} has no SHA-512 in package-lock.json: delete its entry there and run npm install.`,
  );

if (process.argv.includes('--online')) faults.push(...advisories(), ...(await deprecations()));

for (const fault of faults) console.error(fault);
console.log(`${installed.length} packages, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;

function advisories(): string[] {
  const { status, stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
  const report = JSON.parse(stdout || '{}') as { auditReportVersion?: number; vulnerabilities?: object };
  if (report.auditReportVersion === undefined) {
    console.warn(
      'SKIPPED npm audit: this registry does not answer it. Run this where registry.npmjs.org does.',
    );
    return [];
  }
  return status === 0
    ? []
    : Object.keys(report.vulnerabilities ?? {}).map((name) => `${name} has an advisory.`);
}

async function deprecations(): Promise<string[]> {
  const registry = spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).stdout.trim();
  const used = installed.filter(([, { dev, optional }]) => !dev && !optional);
  const answers = await Promise.all(
    used.map(async ([path, { version }]) => {
      const name = path.replace(/^.*node_modules\//, '');
      const response = await fetch(`${registry}${name.replace('/', '%2f')}`);
      if (!response.ok) return `${name} cannot be looked up: the registry answered ${response.status}.`;
      const { versions = {} } = (await response.json()) as {
        versions?: Record<string, { deprecated?: string }>;
      };
      const { deprecated } = versions[version ?? ''] ?? { deprecated: 'the registry has it no more' };
      return deprecated ? `${name}@${version} is deprecated: ${deprecated}` : undefined;
    }),
  );
  console.log(`${used.length} run-time packages looked up for deprecation`);
  return answers.filter((answer) => answer !== undefined);
}
