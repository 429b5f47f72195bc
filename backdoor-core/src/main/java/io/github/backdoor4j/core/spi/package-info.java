/**
 * What plug-ins implement and what they are given: attacks, defenses, evaluators, data sets,
 * architectures.
 */
@NullMarked
package io.github.backdoor4j.core.spi;

import org.jspecify.annotations.NullMarked;
