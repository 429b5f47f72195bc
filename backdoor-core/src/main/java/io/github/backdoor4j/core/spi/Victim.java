package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.StartWeights;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Who is attacked: an architecture and the recipe by which its models are trained.
 *
 * @param blueprint builds a network without weights
 * @param start weights that its training starts from; empty for drawn ones
 * @param plan the training recipe
 */
public record Victim(Supplier<Network> blueprint, Optional<StartWeights> start, TrainingPlan plan) {

  /** One that starts from drawn weights. */
  public Victim(Supplier<Network> blueprint, TrainingPlan plan) {
    this(blueprint, Optional.empty(), plan);
  }

  /**
   * A new network with weights drawn from a seed; where training starts from the weights of a file,
   * only what that lacks, such as the classifier, is the seed's.
   *
   * @throws io.github.backdoor4j.core.DataException if the file does not fit
   */
  public Network newNetwork(Seed seed) {
    Network network = blueprint.get().initialize(seed);
    start.ifPresent(weights -> weights.copyTo(network));
    return network;
  }
}
