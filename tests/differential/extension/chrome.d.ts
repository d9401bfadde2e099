// biome-ignore lint/suspicious/noExplicitAny: either side's API is called with wrong arguments too, so no type is helpful here
declare const chrome: any;
