/** Defenses and detectors, one class each. */
@NullMarked
package io.github.backdoor4j.defenses;

import org.jspecify.annotations.NullMarked;
