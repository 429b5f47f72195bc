package io.github.backdoor4j.examples;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.KeptTensors;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.spi.Victim;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.TrainingListener;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * On which networks which defense can act, found by starting each on each. A defense that makes a
 * step of training, or ends, can act; one that says it is not applicable cannot.
 */
final class DefenseSupport {

  private static final Seed SEED = new Seed(5);
  private static final ImageDataset IMAGES =
      TinyImages.blobs(TinyImages.spec(TinyImages.CIFAR, 10), 64, SEED);

  /** Narrow versions: the layers and their order are those of the full networks. */
  private static final List<Map<String, String>> NARROW =
      List.of(
          Map.of("width", "64", "image_size", "32"),
          Map.of("width", "4"),
          Map.of("growth", "4"),
          Map.of("width_multiplier", "0.25"));

  /** Ends a defense after its first step of training. */
  private static final class Reached extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Reasons why not, by defense and network; absent where it can act. */
  private final Map<String, Map<String, String>> obstacles = new LinkedHashMap<>();

  private final List<String> networks = new ArrayList<>();

  DefenseSupport(Registries registries) {
    for (DefenseStrategy<?> defense : registries.defenses().all()) {
      obstacles.put(defense.id(), new LinkedHashMap<>());
    }
    for (Architecture<?> architecture : registries.architectures().all()) {
      try (TensorScope scope = TensorScope.open()) {
        networks.add(architecture.id());
        Network network = narrow(architecture).initialize(SEED);
        for (DefenseStrategy<?> defense : registries.defenses().all()) {
          obstacle(defense, network)
              .ifPresent(reason -> obstacles.get(defense.id()).put(architecture.id(), reason));
        }
      }
    }
  }

  private static <O extends Record> Network narrow(Architecture<O> architecture) {
    O defaults = architecture.defaults(IMAGES.spec());
    O narrow =
        NARROW.stream()
            .flatMap(options -> bound(architecture, defaults, options).stream())
            .findFirst()
            .orElse(defaults);
    return architecture.build(NetworkSpec.of(IMAGES.spec()), narrow);
  }

  /** Empty if it is another network that has these options. */
  private static <O extends Record> Optional<O> bound(
      Architecture<O> architecture, O defaults, Map<String, String> options) {
    try {
      return Optional.of(Options.bind(architecture.id(), defaults, options));
    } catch (UsageException e) {
      return Optional.empty();
    }
  }

  private static <O extends Record> Optional<String> obstacle(
      DefenseStrategy<O> defense, Network network) {
    try (TensorScope scope = TensorScope.open()) {
      DefenseContext context =
          new DefenseContext(
              defense,
              IMAGES.spec(),
              new DefenseContext.Materials(
                  network, Optional.of(IMAGES), Optional.of(IMAGES), Optional.of(IMAGES.images())),
              new Victim(network::copy, TinyNetwork.plan(1)),
              bench());
      defense.defend(context, defense.defaults(IMAGES.spec()));
      return Optional.empty();
    } catch (Reached e) {
      return Optional.empty();
    } catch (NotApplicableException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static Workbench bench() {
    TrainingListener stop =
        new TrainingListener() {
          @Override
          public void onStep(int epoch, int step) {
            throw new Reached();
          }
        };
    return new Workbench(
        ComputeDevice.CPU, SEED, Checkpoints.none(), List.of(stop), KeptTensors.none());
  }

  /** Why a defense cannot act on a network; empty if it can. */
  String obstacle(String defense, String network) {
    return obstacles.getOrDefault(defense, Map.of()).getOrDefault(network, "");
  }

  /** A table: defenses that need a model down, networks across. */
  String table(Registries registries) {
    StringBuilder text = new StringBuilder("| defense |");
    networks.forEach(network -> text.append(" `").append(network).append("` |"));
    text.append("\n|---|").append(":---:|".repeat(networks.size())).append('\n');
    for (DefenseStrategy<?> defense : registries.defenses().all()) {
      if (defense.needs().contains(DefenderAccess.SUSPECT_MODEL)) {
        text.append("| `").append(defense.id()).append("` |");
        for (String network : networks) {
          text.append(obstacle(defense.id(), network).isEmpty() ? " yes |" : " – |");
        }
        text.append('\n');
      }
    }
    return text.toString();
  }
}
