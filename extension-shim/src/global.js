/** `import 'chrome-sockets/global'` is for the types in `types/global.d.ts`; at run time it must load something, and does nothing. */

export {};
