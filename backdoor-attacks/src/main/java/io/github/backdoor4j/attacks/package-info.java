/** One class per attack, each with its options as a nested record. */
@NullMarked
package io.github.backdoor4j.attacks;

import org.jspecify.annotations.NullMarked;
