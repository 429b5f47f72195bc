package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.function.Supplier;

/**
 * Who is attacked: an architecture and the recipe by which its models are trained.
 *
 * @param blueprint builds a network without weights
 * @param plan the training recipe
 */
public record Victim(Supplier<Network> blueprint, TrainingPlan plan) {

  /** A new network with weights drawn from a seed. */
  public Network newNetwork(Seed seed) {
    return blueprint.get().initialize(seed);
  }
}
