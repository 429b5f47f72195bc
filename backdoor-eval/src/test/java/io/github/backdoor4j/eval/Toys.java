package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.Sets;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.Cover;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evaluator;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import io.github.backdoor4j.testkit.TinyScene;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** One small method of each kind, found by a class loader of their own. */
final class Toys {

  private static final MethodCard CARD =
      new MethodCard(
          "Toy",
          "Does little.",
          "Nobody, Nowhere, 2026",
          "https://example.org",
          "none",
          "none",
          "nothing",
          List.of());

  private Toys() {}

  /** Registries that hold the toys, written as service files into a folder. */
  static Registries registries(Path folder) throws IOException {
    Map<Class<?>, List<Class<?>>> services =
        Map.of(
            PoisoningStrategy.class, List.of(Patch.class, Learned.class),
            DefenseStrategy.class,
                List.of(
                    Tuning.class,
                    Brightness.class,
                    Filter.class,
                    Guilty.class,
                    Innocent.class,
                    Inapplicable.class,
                    ToyChooser.class,
                    Broken.class),
            Architecture.class, List.of(Tiny.class),
            DatasetSource.class, List.of(Blobs.class),
            Evaluator.class,
                List.of(
                    ModelMetrics.class,
                    DefenseEffect.class,
                    DetectionQuality.class,
                    VerdictQuality.class));
    Path directory = Files.createDirectories(folder.resolve("META-INF/services"));
    for (Map.Entry<Class<?>, List<Class<?>>> entry : services.entrySet()) {
      Files.writeString(
          directory.resolve(entry.getKey().getName()),
          entry.getValue().stream().map(Class::getName).collect(Collectors.joining("\n")));
    }
    return Registries.load(
        new OnlyThese(new URL[] {folder.toUri().toURL()}, Toys.class.getClassLoader()));
  }

  /** A plan with the toys. */
  static RunPlan plan(List<Long> seeds, boolean control, String... defenses) {
    ObjectNode training =
        Json.mapper()
            .createObjectNode()
            .put("epochs", 4)
            .put("batch_size", 32)
            .put("drop_last", false);
    training.putObject("optimizer").put("learning_rate", 0.1);
    training.putObject("schedule").put("kind", "constant");
    return new RunPlan(
        "quick",
        MethodChoice.of("toy-blobs"),
        "",
        MethodChoice.of("toy-network"),
        training,
        MethodChoice.of("toy-patch"),
        Stream.of(defenses).map(MethodChoice::of).toList(),
        seeds,
        0.1,
        HoldoutRule.SEEDED,
        50,
        40,
        control,
        "cpu");
  }

  /** Sees service files of its own folder only. */
  private static final class OnlyThese extends URLClassLoader {
    OnlyThese(URL[] urls, ClassLoader parent) {
      super(urls, parent);
    }

    @Override
    public java.util.Enumeration<URL> getResources(String name) throws IOException {
      return findResources(name);
    }
  }

  /** The same plan with the clean images of a defender drawn as BackdoorBench does. */
  static RunPlan withHoldoutOfTheBenchmark(RunPlan plan) {
    return new RunPlan(
        plan.preset(),
        plan.dataset(),
        plan.data(),
        plan.model(),
        plan.training(),
        plan.attack(),
        plan.defenses(),
        plan.seeds(),
        plan.holdoutRatio(),
        HoldoutRule.BENCHMARK,
        plan.runtimeInputs(),
        plan.watchImages(),
        plan.control(),
        plan.device());
  }

  /** A plan with the attack whose trigger is learnt. */
  static RunPlan learnedPlan(List<Long> seeds) {
    RunPlan plan = plan(seeds, true);
    return new RunPlan(
        plan.preset(),
        plan.dataset(),
        plan.data(),
        plan.model(),
        plan.training(),
        MethodChoice.of("toy-learned"),
        plan.defenses(),
        plan.seeds(),
        plan.holdoutRatio(),
        plan.holdoutRule(),
        plan.runtimeInputs(),
        plan.watchImages(),
        plan.control(),
        plan.device());
  }

  /**
   * A trigger that is learnt, after a fashion: the clean model's parameters decide on a column of
   * white pixels. Some clean images cover for the poisoned ones.
   */
  public static final class Learned implements DataPoisoning<Patch.PatchOptions> {

    private record Column(Tensor column) implements LearnedTrigger {
      @Override
      public Map<String, Tensor> state() {
        return Map.of("column", column);
      }

      @Override
      public Tensor stamp(Tensor images, long[] indices) {
        Tensor stamped = images.clone();
        stamped.narrow(3, column.item_long(), 2).fill_(new Scalar(255));
        return stamped;
      }
    }

    @Override
    public String id() {
      return "toy-learned";
    }

    @Override
    public Patch.PatchOptions defaults(DatasetSpec data) {
      return new Patch.PatchOptions(0.1, 0, Fidelity.PAPER);
    }

    @Override
    public MethodCard card() {
      return CARD;
    }

    @Override
    public PoisonRecipe recipe(AttackContext context, Patch.PatchOptions options) {
      Map<String, Tensor> kept =
          context.kept("column", Map.of(), () -> Map.of("column", column(context.cleanModel())));
      LearnedTrigger trigger = new Column(Objects.requireNonNull(kept.get("column")));
      return new PoisonRecipe(
              trigger,
              new LabelRule.AllToOne(options.target()),
              PoisonRate.ofDataset(options.ratio()))
          .withCover(new Cover(trigger, PoisonRate.ofDataset(0.05)));
    }

    private static Tensor column(Network clean) {
      double sum = 0;
      for (Tensor parameter : clean.parameters().values()) {
        sum += parameter.detach().abs().sum().item_double();
      }
      return Tensors.ofLongs(new long[] {1 + (long) (sum * 1e4) % 12});
    }

    @Override
    public Optional<Trigger> trigger(AttackContext context, Patch.PatchOptions options) {
      return Optional.empty();
    }

    @Override
    public Trigger restore(
        DatasetSpec data, Patch.PatchOptions options, Map<String, Tensor> state) {
      return new Column(Objects.requireNonNull(state.get("column")));
    }
  }

  /** The corner patch of the testkit. */
  public static final class Patch implements DataPoisoning<Patch.PatchOptions> {
    /** PatchOptions of the toy. */
    public record PatchOptions(double ratio, int target, Fidelity fidelity) {}

    @Override
    public String id() {
      return "toy-patch";
    }

    @Override
    public PatchOptions defaults(DatasetSpec data) {
      return new PatchOptions(0.1, 0, Fidelity.PAPER);
    }

    @Override
    public MethodCard card() {
      return CARD;
    }

    @Override
    public PoisonRecipe recipe(AttackContext context, PatchOptions options) {
      return new PoisonRecipe(
          TinyScene.CORNER_PATCH,
          new LabelRule.AllToOne(options.target()),
          PoisonRate.ofDataset(options.ratio()));
    }
  }

  /** Base of the toy defenses. */
  abstract static class ToyDefense implements DefenseStrategy<ToyDefense.DefenseOptions> {
    /** DefenseOptions of the toys. */
    public record DefenseOptions(Fidelity fidelity) {}

    @Override
    public DefenseOptions defaults(DatasetSpec data) {
      return new DefenseOptions(Fidelity.PAPER);
    }

    @Override
    public MethodCard card() {
      return CARD;
    }

    @Override
    public Set<DefenderAccess> needs() {
      return Sets.difference(Set.of(DefenderAccess.values()), Set.of(DefenderAccess.ORACLE));
    }
  }

  /** Trains on the clean holdout. */
  public static final class Tuning extends ToyDefense {
    @Override
    public String id() {
      return "toy-tuning";
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, DefenseOptions options) {
      Network network = context.suspect();
      context
          .trainer("tuning")
          .fit(network, context.cleanHoldout(), TinyNetwork.plan(4), context.seed());
      return new DefenseOutcome.RepairedModel(network, Evidence.NONE);
    }
  }

  /** Calls training images with a white corner poisoned: always right about the toy patch. */
  public static final class Brightness extends ToyDefense {
    @Override
    public String id() {
      return "toy-brightness";
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, DefenseOptions options) {
      return new DefenseOutcome.CleanedDataset(
          corners(context.trainingSet().images(), DefenseOutcome.SampleScores.Subject.TRAINING_SET),
          Optional.empty(),
          Evidence.NONE);
    }
  }

  /** The same on inputs at run time. */
  public static final class Filter extends ToyDefense {
    @Override
    public String id() {
      return "toy-filter";
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, DefenseOptions options) {
      return corners(context.runtimeInputs(), DefenseOutcome.SampleScores.Subject.RUNTIME_INPUTS);
    }
  }

  private static DefenseOutcome.SampleScores corners(
      Tensor images, DefenseOutcome.SampleScores.Subject subject) {
    double[] scores =
        Tensors.toDoubles(
            images.narrow(2, 13, 3).narrow(3, 13, 3).flatten(1, -1).amin(new long[] {1}, false));
    boolean[] flags = new boolean[scores.length];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = scores[i] == 255;
    }
    return new DefenseOutcome.SampleScores(subject, scores, flags, Evidence.NONE);
  }

  /** Calls every model backdoored and returns a fresh one. */
  public static final class Guilty extends ToyDefense {
    @Override
    public String id() {
      return "toy-guilty";
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, DefenseOptions options) {
      return new DefenseOutcome.ModelVerdict(
          true, 3, 2, List.of(0), Optional.of(context.newNetwork(new Seed(1))), Evidence.NONE);
    }
  }

  /** Calls no model backdoored. */
  public static final class Innocent extends ToyDefense {
    @Override
    public String id() {
      return "toy-innocent";
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, DefenseOptions options) {
      return new DefenseOutcome.ModelVerdict(
          false, 1, 2, List.of(), Optional.empty(), Evidence.NONE);
    }
  }

  /** Can never act. */
  public static final class Inapplicable extends ToyDefense {
    @Override
    public String id() {
      return "toy-inapplicable";
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, DefenseOptions options) {
      throw new NotApplicableException("toys have no batch norm");
    }
  }

  /** Always breaks, and counts how often it was tried. */
  public static final class Broken extends ToyDefense {
    static int tries;

    @Override
    public String id() {
      return "toy-broken";
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, DefenseOptions options) {
      tries++;
      throw new IllegalStateException("toy broke");
    }
  }

  /** The testkit's network. */
  public static final class Tiny implements Architecture<Tiny.NetworkOptions> {
    /** No options. */
    public record NetworkOptions() {}

    @Override
    public String id() {
      return "toy-network";
    }

    @Override
    public NetworkOptions defaults(DatasetSpec data) {
      return new NetworkOptions();
    }

    @Override
    public MethodCard card() {
      return CARD;
    }

    @Override
    public Network build(NetworkSpec spec, NetworkOptions options) {
      return new TinyNetwork(spec);
    }
  }

  /** 600 and 200 blobs of the testkit. */
  public static final class Blobs implements DatasetSource<NoOptions> {
    @Override
    public String id() {
      return "toy-blobs";
    }

    @Override
    public NoOptions defaults() {
      return NoOptions.NONE;
    }

    @Override
    public DatasetSpec spec(Optional<Path> folder, NoOptions options) {
      return TinyImages.spec(TinyImages.SMALL, 4);
    }

    @Override
    public Splits load(Optional<Path> folder, NoOptions options) {
      return new Splits(TinyImages.blobs(600, new Seed(1)), TinyImages.blobs(200, new Seed(2)));
    }
  }

  /** Everything of a record that must not differ between equal runs. */
  static String numbers(RunResult result) {
    return result.records().stream()
        .map(
            r ->
                r.key()
                    + r.status()
                    + Arrays.toString(r.before().toArray())
                    + Arrays.toString(r.after().toArray())
                    + r.history().epochs().stream().map(e -> e.means().toString()).toList())
        .collect(Collectors.joining("\n"));
  }
}
