package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.StartWeights;
import java.util.List;
import java.util.Optional;

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

  /**
   * The weights that training starts from, in place of drawn ones. Hashes their file, but does not
   * load it.
   *
   * @return empty to start from drawn weights
   * @throws io.github.backdoor4j.core.UsageException if the options ask for a file that is not
   *     there
   * @throws io.github.backdoor4j.core.DataException if it is not the published file it should be
   */
  default Optional<StartWeights> startWeights(O options) {
    return Optional.empty();
  }

  /**
   * Files of published weights, fetched only when asked to, into {@link
   * StartWeights#fetchedFolder()}.
   */
  default List<Download> publishedWeights() {
    return List.of();
  }
}
