package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.data.DatasetSpec;

/**
 * A method with options. Implementations are stateless and have a public constructor without
 * arguments.
 *
 * @param <O> the options: a record whose compact constructor checks its values and whose components
 *     carry {@link io.github.backdoor4j.core.record.Doc}
 */
public interface NamedStrategy<O extends Record> extends Named {

  /** The options that a paper or the benchmark uses for a data set; equal for equal arguments. */
  O defaults(DatasetSpec data);

  /** What the method is and where it comes from. */
  MethodCard card();
}
