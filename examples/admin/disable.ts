// API=https://auth.example.com AWS_REGION=eu-central-1 node disable.ts ada@example.com
import { adminClient } from './client.ts';

const admin = adminClient(process.env.API ?? 'http://localhost:3000');
const user = await admin.find(process.argv[2] ?? '');
if (user === undefined) throw new Error('No user has this address.');
const { name, status } = await admin.act(user.userId, 'disable');
console.log(`${name} is ${status}.`);
