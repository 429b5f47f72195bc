package io.github.backdoor4j.core.spi;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.HasTensors;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/** What a defense comes to. Its kind decides which metrics apply. */
public sealed interface DefenseOutcome extends HasTensors {

  /** Numbers and figures found on the way. */
  Evidence evidence();

  /** The model to use from now on, if the defense made one. */
  Optional<Network> model();

  /** The models among which {@link #model()} was chosen, if there were several. */
  default Optional<Variants> variants() {
    return Optional.empty();
  }

  /** Suspicion per sample, if samples were judged. */
  default Optional<SampleScores> sampleScores() {
    return Optional.empty();
  }

  @Override
  default void forEachTensor(Consumer<Tensor> visitor) {
    model().ifPresent(network -> network.forEachTensor(visitor));
  }

  /**
   * A model without the backdoor, or so the defense hopes.
   *
   * @param network plain and loadable: masks are folded into the weights
   * @param variants the models among which it was chosen, if there were several
   */
  record RepairedModel(Network network, Evidence evidence, Optional<Variants> variants)
      implements DefenseOutcome {

    /** One that was not chosen among others. */
    public RepairedModel(Network network, Evidence evidence) {
      this(network, evidence, Optional.empty());
    }

    @Override
    public Optional<Network> model() {
      return Optional.of(network);
    }
  }

  /**
   * Suspicion per sample.
   *
   * @param subject what was scored
   * @param scores higher is more suspicious; in the order of the scored set
   * @param flagged which samples the defense would reject
   */
  record SampleScores(Subject subject, double[] scores, boolean[] flagged, Evidence evidence)
      implements DefenseOutcome {

    /** What scores are about. */
    public enum Subject {
      /** The training set. */
      TRAINING_SET,
      /** The inputs at run time. */
      RUNTIME_INPUTS
    }

    public SampleScores {
      require(
          scores.length == flagged.length,
          "%d scores, but %d flags",
          scores.length,
          flagged.length);
    }

    @Override
    public Optional<Network> model() {
      return Optional.empty();
    }

    @Override
    public Optional<SampleScores> sampleScores() {
      return Optional.of(this);
    }
  }

  /**
   * A judgement on the model as a whole, and its repair if it was found guilty.
   *
   * @param backdoored the judgement
   * @param score what it rests on; higher is more suspicious; NaN if undefined
   * @param threshold above which a model is called backdoored
   * @param suspectLabels classes called targets, most suspicious first
   * @param repaired the repaired network; absent if nothing was found or no repair was asked for
   * @param variants the models among which the repaired one was chosen, if there were several
   * @param sampleScores on the inputs at run time, if the remedy is a filter before the model and
   *     not a repaired model
   */
  record ModelVerdict(
      boolean backdoored,
      double score,
      double threshold,
      List<Integer> suspectLabels,
      Optional<Network> repaired,
      Evidence evidence,
      Optional<Variants> variants,
      Optional<SampleScores> sampleScores)
      implements DefenseOutcome {
    public ModelVerdict {
      suspectLabels = List.copyOf(suspectLabels);
    }

    /** A verdict with a repair that was not chosen among others, or with none. */
    public ModelVerdict(
        boolean backdoored,
        double score,
        double threshold,
        List<Integer> suspectLabels,
        Optional<Network> repaired,
        Evidence evidence) {
      this(
          backdoored,
          score,
          threshold,
          suspectLabels,
          repaired,
          evidence,
          Optional.empty(),
          Optional.empty());
    }

    @Override
    public Optional<Network> model() {
      return repaired;
    }
  }

  /**
   * A training set without the samples called poisoned, and a model trained on the rest.
   *
   * @param samples scores and flags on the training set; flagged samples were removed
   * @param retrained the new model; absent if nothing was removed or no retraining was asked for
   */
  record CleanedDataset(SampleScores samples, Optional<Network> retrained, Evidence evidence)
      implements DefenseOutcome {
    @Override
    public Optional<Network> model() {
      return retrained;
    }

    @Override
    public Optional<SampleScores> sampleScores() {
      return Optional.of(samples);
    }
  }
}
