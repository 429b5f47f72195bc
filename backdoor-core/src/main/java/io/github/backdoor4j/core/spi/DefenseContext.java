package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.PassMeter;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/**
 * A defender's view: what its defense declared in {@link DefenseStrategy#needs()} and nothing else.
 * Test data and poison marks are out of reach.
 */
public final class DefenseContext {

  /**
   * Everything that a run could hand out; parts that do not exist are absent.
   *
   * @param suspect the model under suspicion
   * @param training the training set as given
   * @param cleanHoldout a small clean labelled set
   * @param runtimeInputs unlabelled inputs, unsigned 8-bit N×C×H×W
   * @param oracle knowledge of test data, for defenses that ask for it by name
   */
  public record Materials(
      Network suspect,
      Optional<ImageDataset> training,
      Optional<ImageDataset> cleanHoldout,
      Optional<Tensor> runtimeInputs,
      Optional<Oracle> oracle) {

    /** What a defender has, without an oracle. */
    public Materials(
        Network suspect,
        Optional<ImageDataset> training,
        Optional<ImageDataset> cleanHoldout,
        Optional<Tensor> runtimeInputs) {
      this(suspect, training, cleanHoldout, runtimeInputs, Optional.empty());
    }
  }

  private final String defense;
  private final Set<DefenderAccess> granted;
  private final DatasetSpec spec;
  private final Materials materials;
  private final Victim victim;
  private final Workbench bench;
  private final PassMeter meter = new PassMeter();

  /**
   * @param defense who gets the view; for messages, and for what it declares
   * @param spec what the data set is: public knowledge
   */
  public DefenseContext(
      DefenseStrategy<?> defense,
      DatasetSpec spec,
      Materials materials,
      Victim victim,
      Workbench bench) {
    this(defense.id(), defense.needs(), spec, materials, victim, bench);
  }

  /**
   * @param defense who gets the view; for messages
   * @param granted what it may see: {@link DefenseStrategy#needs(Record)}
   * @param spec what the data set is: public knowledge
   */
  public DefenseContext(
      String defense,
      Set<DefenderAccess> granted,
      DatasetSpec spec,
      Materials materials,
      Victim victim,
      Workbench bench) {
    this.defense = defense;
    this.granted = Set.copyOf(granted);
    this.spec = spec;
    this.materials = materials;
    this.victim = victim;
    this.bench = bench;
  }

  private void check(DefenderAccess access) {
    if (!granted.contains(access)) {
      throw new UsageException(
          "defense '%s' asked for %s, but its needs() declares only %s", defense, access, granted);
    }
  }

  private <T> T present(DefenderAccess access, Optional<T> material) {
    check(access);
    return material.orElseThrow(
        () ->
            new NotApplicableException(
                "defense '%s' needs %s, which this attack or run does not provide",
                defense, access));
  }

  /** What the data set is: shape, classes, normalisation. */
  public DatasetSpec spec() {
    return spec;
  }

  /**
   * A copy of the model under suspicion on the device, in evaluation mode; the caller may change
   * it.
   *
   * @throws NotApplicableException if some of its weights are no finite numbers
   */
  public Network suspect() {
    check(DefenderAccess.SUSPECT_MODEL);
    materials.suspect().state().forEach(this::checkFinite);
    Network copy = materials.suspect().copy().to(bench.device());
    copy.training(false);
    copy.requireGradients(true);
    copy.meter(meter);
    return copy;
  }

  /** The training set as given. */
  public ImageDataset trainingSet() {
    return present(DefenderAccess.TRAINING_SET, materials.training());
  }

  private void checkFinite(String name, Tensor tensor) {
    if (!Tensors.allFinite(tensor)) {
      throw new NotApplicableException(
          "the model under suspicion has values in '%s' that are no finite numbers; defense '%s'"
              + " cannot act on it",
          name, defense);
    }
  }

  /** A small labelled set that is known to be clean. */
  public ImageDataset cleanHoldout() {
    return present(DefenderAccess.CLEAN_HOLDOUT, materials.cleanHoldout());
  }

  /**
   * The clean holdout, for defenses that learn from its labels.
   *
   * @throws NotApplicableException if its images are not of two classes at least
   */
  public ImageDataset labelledHoldout() {
    ImageDataset holdout = cleanHoldout();
    long classes = LongStream.of(holdout.labelValues()).distinct().count();
    if (classes < 2) {
      throw new NotApplicableException(
          "defense '%s' learns from the clean holdout, but its %d images are of %d class(es). Raise"
              + " the holdout ratio.",
          defense, holdout.size(), classes);
    }
    return holdout;
  }

  /** Unlabelled inputs at run time, unsigned 8-bit N×C×H×W. */
  public Tensor runtimeInputs() {
    return present(DefenderAccess.RUNTIME_INPUTS, materials.runtimeInputs());
  }

  /**
   * How models do on test data, which no defender has; granted only to options that ask for {@link
   * Selection#ORACLE}.
   */
  public Oracle oracle() {
    return present(DefenderAccess.ORACLE, materials.oracle());
  }

  /** A new network of the suspect's architecture with fresh weights, on the device. */
  public Network newNetwork(Seed seed) {
    check(DefenderAccess.TRAINING);
    Network network = victim.newNetwork(seed).to(bench.device());
    network.meter(meter);
    return network;
  }

  /** The recipe by which a model of this kind is trained. */
  public TrainingPlan plan() {
    check(DefenderAccess.TRAINING);
    return victim.plan();
  }

  /**
   * Reports work that the networks' passes do not show, such as products with second derivatives,
   * in passes that take as long.
   */
  public void worked(Passes work) {
    meter.add(work);
  }

  /**
   * Work done so far: that of the networks which this context handed out and of their copies, and
   * what the defense {@linkplain #worked reported} beside.
   */
  public Passes passes() {
    return meter.passes();
  }

  /** Source of all randomness of this defense; split it by purpose. */
  public Seed seed() {
    return bench.seed();
  }

  /** Where to compute. */
  public ComputeDevice device() {
    return bench.device();
  }

  /** Passes over many images on the device. */
  public Inference inference() {
    return Inference.on(bench.device());
  }

  /** A trainer for one purpose within this defense. */
  public Trainer trainer(String purpose) {
    return bench.trainer(purpose);
  }
}
