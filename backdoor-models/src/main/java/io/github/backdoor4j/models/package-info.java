/** Network architectures, and weight files in and out. */
@NullMarked
package io.github.backdoor4j.models;

import org.jspecify.annotations.NullMarked;
