/** Exceptions, argument checks and build information shared by all modules. */
@NullMarked
package io.github.backdoor4j.core;

import org.jspecify.annotations.NullMarked;
