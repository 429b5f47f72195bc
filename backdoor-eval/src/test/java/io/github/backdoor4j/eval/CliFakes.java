package io.github.backdoor4j.eval;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.AttackOutcome;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Stand-ins with the ids that the quick start names, so small that a run takes a second. */
public final class CliFakes {

  private CliFakes() {}

  private static final MethodCard CARD =
      new MethodCard(
          "Stand-in", "Stands in.", "Nobody, 2026", "", "none", "test", "1", List.of("all of it"));

  /** Options of the attacks. */
  public record AttackOptions(
      @Doc(value = "share of the training set", range = "(0, 1]") double ratio,
      @Doc("target class") int target,
      @Doc(value = "side of the patch in pixels", range = "at least 1") int size,
      @Doc("text without effect") String note,
      Fidelity fidelity) {
    public AttackOptions {
      requireRatio("ratio", ratio);
      requireAtLeast("size", size, 1);
    }
  }

  /** A white square in the bottom right corner. */
  public static class Patch implements DataPoisoning<AttackOptions> {
    @Override
    public String id() {
      return "badnets";
    }

    @Override
    public List<String> aliases() {
      return List.of("bn");
    }

    @Override
    public AttackOptions defaults(DatasetSpec data) {
      return new AttackOptions(0.1, 0, 3, "", Fidelity.PAPER);
    }

    @Override
    public MethodCard card() {
      return CARD;
    }

    @Override
    public PoisonRecipe recipe(AttackContext context, AttackOptions options) {
      return new PoisonRecipe(
          trigger(context.spec(), options.size()),
          rule(options.target()),
          PoisonRate.ofDataset(options.ratio()));
    }

    LabelRule rule(int target) {
      return new LabelRule.AllToOne(target);
    }

    static Trigger trigger(DatasetSpec data, int size) {
      require(
          size <= Math.min(data.shape().height(), data.shape().width()),
          "size %d does not fit into images of %s; it must be at most their shorter side",
          size,
          data.shape());
      return (images, indices) -> {
        Tensor stamped = images.clone();
        stamped
            .narrow(2, images.size(2) - size, size)
            .narrow(3, images.size(3) - size, size)
            .fill_(new Scalar(255));
        return stamped;
      };
    }
  }

  /** The same without changed labels. */
  public static final class CleanLabel extends Patch {
    @Override
    public String id() {
      return "sig";
    }

    @Override
    public List<String> aliases() {
      return List.of();
    }

    @Override
    LabelRule rule(int target) {
      return new LabelRule.CleanLabel(target);
    }
  }

  /** An attack whose trigger only training makes. */
  public static final class TrainedTrigger implements PoisoningStrategy<AttackOptions> {
    @Override
    public String id() {
      return "input-aware";
    }

    @Override
    public AttackOptions defaults(DatasetSpec data) {
      return new AttackOptions(0.1, 0, 3, "", Fidelity.PAPER);
    }

    @Override
    public MethodCard card() {
      return CARD;
    }

    @Override
    public AttackOutcome attack(AttackContext context, AttackOptions options) {
      throw new UnsupportedOperationException("never run");
    }
  }

  /** Another provider with an id that is taken. */
  public static final class PatchAgain extends Patch {}

  /** Options of the defenses. */
  public record DefenseOptions(
      @Doc("epochs of tuning") int epochs, @Doc("outcome") boolean finds, Fidelity fidelity) {}

  /** What the defenses share. */
  public abstract static class Defense implements DefenseStrategy<DefenseOptions> {
    @Override
    public DefenseOptions defaults(DatasetSpec data) {
      return new DefenseOptions(1, true, Fidelity.PAPER);
    }

    @Override
    public MethodCard card() {
      return CARD;
    }

    @Override
    public Set<DefenderAccess> needs() {
      return Set.of(
          DefenderAccess.SUSPECT_MODEL,
          DefenderAccess.CLEAN_HOLDOUT,
          DefenderAccess.TRAINING_SET,
          DefenderAccess.RUNTIME_INPUTS);
    }

    /** Suspicion drawn by lot. */
    static DefenseOutcome.SampleScores scores(
        DefenseOutcome.SampleScores.Subject subject, DefenseContext context, int count) {
      double[] scores = context.seed().random().doubles(count).toArray();
      boolean[] flagged = new boolean[count];
      for (int i = 0; i < count; i++) {
        flagged[i] = scores[i] > 0.9;
      }
      return new DefenseOutcome.SampleScores(subject, scores, flagged, Evidence.NONE);
    }
  }

  /** Tunes on the clean images. */
  public static final class Tuning extends Defense {
    @Override
    public String id() {
      return "fine-tuning";
    }

    @Override
    public List<String> aliases() {
      return List.of("ft");
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, DefenseOptions options) {
      Network model = context.suspect();
      context
          .trainer("tuning")
          .fit(
              model,
              context.cleanHoldout(),
              TinyNetwork.plan(options.epochs()),
              context.seed().child("tuning"));
      return new DefenseOutcome.RepairedModel(model, Evidence.NONE);
    }
  }

  /** Breaks. */
  public static final class Broken extends Defense {
    @Override
    public String id() {
      return "fine-pruning";
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, DefenseOptions options) {
      if (options.finds()) {
        return new DefenseOutcome.RepairedModel(context.suspect(), Evidence.NONE);
      }
      throw new IllegalStateException("the pruning shears are blunt\nsecond line");
    }
  }

  /** Judges every model guilty. */
  public static final class Verdict extends Defense {
    @Override
    public String id() {
      return "neural-cleanse";
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, DefenseOptions options) {
      return new DefenseOutcome.ModelVerdict(
          true, 3, 2, List.of(0), Optional.of(context.suspect()), Evidence.NONE);
    }
  }

  /** Scores the training set. */
  public static final class TrainingScores extends Defense {
    @Override
    public String id() {
      return "activation-clustering";
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, DefenseOptions options) {
      return scores(
          DefenseOutcome.SampleScores.Subject.TRAINING_SET, context, context.trainingSet().size());
    }
  }

  /** Scores inputs. */
  public static final class InputScores extends Defense {
    @Override
    public String id() {
      return "strip";
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, DefenseOptions options) {
      return scores(
          DefenseOutcome.SampleScores.Subject.RUNTIME_INPUTS,
          context,
          (int) context.runtimeInputs().size(0));
    }
  }

  /** Made-up images. */
  public static final class Images implements DatasetSource<NoOptions> {
    @Override
    public String id() {
      return "fashion-mnist";
    }

    @Override
    public List<String> aliases() {
      return List.of("fmnist");
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
      return new Splits(TinyImages.blobs(200, new Seed(1)), TinyImages.blobs(80, new Seed(2)));
    }
  }

  /** Options of the network. */
  public record NetworkOptions(@Doc("without effect") int width) {}

  /** The tiny network. */
  public static final class Tiny implements Architecture<NetworkOptions> {
    @Override
    public String id() {
      return "preact-resnet18";
    }

    @Override
    public NetworkOptions defaults(DatasetSpec data) {
      return new NetworkOptions(64);
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

  /** Another one. */
  public static final class Other implements Architecture<NetworkOptions> {
    @Override
    public String id() {
      return "plain-cnn";
    }

    @Override
    public NetworkOptions defaults(DatasetSpec data) {
      return new NetworkOptions(16);
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
}
