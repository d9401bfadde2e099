import './bench.js';
