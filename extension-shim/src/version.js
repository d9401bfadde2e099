/** Version of the shim, sent to the host for messages to people. A test holds it equal to package.json. */
export const version = '0.1.0';
