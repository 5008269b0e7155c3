#!/usr/bin/env node
import { runPlatform } from '../lib/index.js';

await runPlatform(process.argv.slice(2), process.env);
