/** Metrics, runs and their records, reports, and the command line. */
@NullMarked
package io.github.backdoor4j.eval;

import org.jspecify.annotations.NullMarked;
