import { WORDPRESS_MD5 } from '../../../../lib/passwords/schemes/wrapped-digest.ts';
import { digestOr } from './digest.ts';
import { inUtc, LeftOut, rowOf } from './foreign-record.ts';
import type { Source } from './source.ts';

/** The table `wp_users`. @see https://developer.wordpress.org/apis/database/ */
export const wordpress: Source = {
  formats: ['csv', 'json'],
  needs: [['user_email'], ['user_pass']],
  reads: ['display_name', 'user_login', 'user_registered', 'user_status'],
  read(record, settings) {
    // Both columns are those of a network of sites.
    if (record.flag('deleted')) return new LeftOut('deleted');
    return rowOf({
      email: record.text('user_email'),
      names: [record.text('display_name'), record.text('user_login')],
      passwordHash: digestOr(record.text('user_pass'), record, {
        ...settings,
        digest: settings.digest ?? WORDPRESS_MD5,
      }),
      disabled: (record.text('user_status') ?? '0') !== '0' || record.flag('spam'),
      createdAt: inUtc(record.value('user_registered')),
    });
  },
};
