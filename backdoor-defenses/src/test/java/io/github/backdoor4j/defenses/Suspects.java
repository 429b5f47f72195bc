package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/** Runs pruning defenses on the models of the tests, and tells what they pruned. */
final class Suspects {

  private static final Seed SEED = new Seed(1);

  private Suspects() {}

  /** Runs a defense with everything that its options ask for. */
  static <O extends Record> RepairedModel repair(
      DefenseStrategy<O> defense, O options, TinyScene scene, Network suspect) {
    return (RepairedModel)
        defense.defend(
            TinyContexts.defense(defense, options, scene, scene.materials(suspect), SEED), options);
  }

  /** The same on the scene's own model. */
  static <O extends Record> RepairedModel repair(
      DefenseStrategy<O> defense, O options, TinyScene scene) {
    return repair(defense, options, scene, scene.model());
  }

  /** Channels whose scale is 0. */
  static List<Channel> pruned(Network network) {
    List<Channel> pruned = new ArrayList<>();
    for (Channel channel : NormChannels.of(network, "test").channels()) {
      if (value(network, channel, ".weight") == 0) {
        pruned.add(channel);
      }
    }
    return pruned;
  }

  /** A channel's scale ({@code .weight}) or shift ({@code .bias}). */
  static double value(Network network, Channel channel, String suffix) {
    Tensor vector =
        Objects.requireNonNull(network.parameters().get(channel.layer() + suffix), suffix);
    return Tensors.toDoubles(vector)[channel.index()];
  }

  /**
   * Whether two networks differ in the scales, or also shifts, of some channels and nowhere else.
   */
  static boolean differOnlyIn(
      List<Channel> channels, boolean shiftToo, Network one, Network other) {
    Network copy = one.copy();
    NormChannels.of(copy, "test").prune(channels, shiftToo);
    for (Map.Entry<String, Tensor> entry : copy.state().entrySet()) {
      if (!entry.getValue().equal(other.state().get(entry.getKey()))) {
        return false;
      }
    }
    return true;
  }
}
