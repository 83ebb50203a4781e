/** What the program tells the one that started it. */

/** It could not do what it was asked. */
export const EXIT_FAILURE = 1;
/** The command line or the configuration is wrong. */
export const EXIT_USAGE = 2;
/** It was told to stop a second time, and did so at once. */
export const EXIT_FORCED = 3;
