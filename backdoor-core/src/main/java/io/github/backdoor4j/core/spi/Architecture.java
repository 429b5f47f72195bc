package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;

/**
 * A family of networks, for example {@code preact-resnet18}.
 *
 * @param <O> options such as the width
 */
public interface Architecture<O extends Record> extends NamedStrategy<O> {

  /**
   * Builds a network with all layers declared; the caller initialises or loads the weights.
   *
   * @throws io.github.backdoor4j.core.UsageException if the input shape does not fit
   */
  Network build(NetworkSpec spec, O options);
}
