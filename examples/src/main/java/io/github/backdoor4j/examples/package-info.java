/** Small programs to copy. */
@NullMarked
package io.github.backdoor4j.examples;

import org.jspecify.annotations.NullMarked;
