package io.github.backdoor4j.core.spi;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.nn.Network;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The models among which a defense chose: along a threshold, a number of pruned channels, a curve.
 * Evaluation draws their test accuracy and attack success for the reader, after the choice was
 * made.
 *
 * @param axis what runs along them, for example {@code pruned channels}
 * @param positions on that axis, one per model
 * @param chosen index of the model that the defense returned
 * @param model makes the model of an index, plain and independent of the others, in the caller's
 *     scope; works as long as the outcome's tensors live
 */
public record Variants(
    String axis, List<Double> positions, int chosen, IntFunction<Network> model) {

  public Variants {
    positions = List.copyOf(positions);
    require(
        chosen >= 0 && chosen < positions.size(),
        "variant %d was chosen of %d",
        chosen,
        positions.size());
  }
}
