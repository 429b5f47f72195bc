/** The one training loop, its plans, optimisers, schedules and checkpoints. */
@NullMarked
package io.github.backdoor4j.core.train;

import org.jspecify.annotations.NullMarked;
