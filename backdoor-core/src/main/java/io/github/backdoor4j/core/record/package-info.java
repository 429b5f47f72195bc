/** Results on disk: content-addressed records, options binding, atomic files. */
@NullMarked
package io.github.backdoor4j.core.record;

import org.jspecify.annotations.NullMarked;
