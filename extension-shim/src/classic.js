/** Entry of the one-file build for `importScripts()` and `<script>`: loading it defines `chrome.sockets`. */

import { install } from './index.js';

install();
