#!/usr/bin/env node
import { runCli, systemHost } from '../lib/index.js';

process.exitCode = await runCli(process.argv.slice(2), systemHost());
