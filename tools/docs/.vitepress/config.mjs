// The documentation site: the Markdown files of this repository as they are, in `.build/docs`. New pages appear by themselves.
// JavaScript, since VitePress is installed in this folder alone, where the repository's type check doesn't look.
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const site = join(root, '.build/docs');

/** Pages by group, in the order of the sidebar. The first page of all is the start page. */
const groups = {
  'Start here': pagesOf('README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'),
  Guides: pagesOf('docs/*.md'),
  'Front ends and examples': pagesOf('client/README.md', 'examples/**/*.md'),
  'Moving in': pagesOf('docs/moving-in/*.md'),
  Measurements: pagesOf('bench/**/*.md'),
  Decisions: pagesOf('docs/decisions/*.md'),
};
const pages = new Set(Object.values(groups).flat());

/** Files that pages link to and that aren't pages, such as docs/openapi.yaml: they are copied into the site. */
const linkedFiles = new Set();

export default defineConfig({
  title: 'Gatehouse',
  description: 'Sign-up, log-in and sessions as a serverless service in your own AWS account',
  srcDir: root,
  outDir: site,
  cacheDir: join(root, '.build/docs-cache'),
  srcExclude: globSync('**/*.md', { cwd: root, exclude: (name) => name === 'node_modules' }).filter(
    (page) => !pages.has(page),
  ),
  rewrites: Object.fromEntries([...pages].map((page) => [page, addressOf(page)])),
  markdown: { config: resolveLinks, anchor: { slugify: githubSlug }, languageAlias: { jq: 'sh' } },
  vite: { plugins: [{ name: 'packages-of-this-folder', enforce: 'pre', resolveId: resolveVueHere }] },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: Object.entries(groups).map(([text, group]) => ({
      text,
      collapsed: text === 'Decisions',
      items: group.map((page) => ({ text: titleOf(page), link: linkTo(page) })),
    })),
  },
  buildEnd() {
    for (const file of linkedFiles) copyInto(site, file);
    const dead = deadAnchors();
    if (dead.length > 0) throw new Error(`These links lead to no heading:\n${dead.join('\n')}`);
  },
});

/** The pages lie outside this folder: what VitePress makes of them wouldn't find Vue, which is installed in here. */
function resolveVueHere(id, _importer, options) {
  if (!/^vue(?:$|\/)/.test(id)) return null;
  // While pages are rendered, Node loads Vue itself, from this folder.
  if (options.ssr) return { id, external: true };
  return this.resolve(id, fileURLToPath(import.meta.url), { ...options, skipSelf: true });
}

function pagesOf(...patterns) {
  const exclude = (name) => name === 'node_modules';
  return patterns.flatMap((pattern) => globSync(pattern, { cwd: root, exclude }).sort());
}

function titleOf(page) {
  const [, title = page] = /^# (.+)$/m.exec(readFileSync(join(root, page), 'utf8')) ?? [];
  return title.replaceAll('`', '');
}

/** A README is the start page of its folder. */
function addressOf(page) {
  return page.replace(/(^|\/)README\.md$/, '$1index.md');
}

function linkTo(page) {
  return `/${addressOf(page).replace(/(^|\/)index\.md$/, '$1')}`;
}

/** Headings get the anchors that GitHub gives them, so that one link works in both places. */
function githubSlug(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

/** Rewrites links between files of the repository, which GitHub resolves, to addresses of this site. */
function resolveLinks(markdown) {
  markdown.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (href !== null && !/^(?:[a-z]+:|#|\/)/i.test(href)) setLink(token, siteLink(env, href));
    }
  });
}

function setLink(token, { href, target }) {
  token.attrSet('href', href);
  // Without a target VitePress opens the link in its own single page, which knows no copied files.
  if (target !== undefined) token.attrSet('target', target);
}

function siteLink({ path }, href) {
  const [file = '', anchor] = href.split('#');
  const from = posix.relative(root, path);
  const to = posix.join(posix.dirname(from), decodeURI(file)).replace(/\/$/, '');
  if (!existsSync(join(root, to))) throw new Error(`${from}: the link ${href} leads to no file.`);
  const page = pageAt(to);
  if (page !== undefined) return { href: linkTo(page) + (anchor === undefined ? '' : `#${anchor}`) };
  if (statSync(join(root, to)).isDirectory()) throw new Error(`${from}: no page is in the folder ${href}.`);
  linkedFiles.add(to);
  return { href: `/${to}`, target: '_self' };
}

/** The page itself; for a folder its README, else its first page. */
function pageAt(file) {
  const candidates = [
    file,
    `${file}/README.md`,
    ...[...pages].filter((page) => dirname(page) === file).sort(),
  ];
  return candidates.find((candidate) => pages.has(candidate));
}

function copyInto(folder, file) {
  mkdirSync(join(folder, dirname(file)), { recursive: true });
  copyFileSync(join(root, file), join(folder, file));
}

/** Links of the built site to anchors that aren't there. VitePress checks pages alone. */
function deadAnchors() {
  const built = new Map(
    globSync('**/*.html', { cwd: site }).map((file) => [`/${file}`, readFileSync(join(site, file), 'utf8')]),
  );
  return [...built].flatMap(([file, html]) =>
    [...html.matchAll(/<a [^>]*href="(\/[^"#]*|)#([^"]+)"/g)]
      .map(([, address, anchor]) => [address === '' ? file : address.replace(/\/$/, '/index.html'), anchor])
      .filter(([address, anchor]) => !built.get(address)?.includes(`id="${decodeURIComponent(anchor)}"`))
      .map(([address, anchor]) => `${file}: ${address}#${anchor}`),
  );
}
