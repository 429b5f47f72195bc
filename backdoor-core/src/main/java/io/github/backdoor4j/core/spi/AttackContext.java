package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.data.Poisoner;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingListener;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.function.BiFunction;

/** What an attack has to work with. Test data is out of its reach. */
public final class AttackContext {

  private final ImageDataset training;
  private final Victim victim;
  private final Workbench bench;
  private final BiFunction<Trigger, LabelRule, TrainingListener> probes;

  /**
   * @param training the clean training set
   * @param victim who is attacked
   * @param bench where the work is done
   * @param probes makes a listener that measures clean accuracy and attack success per epoch
   */
  public AttackContext(
      ImageDataset training,
      Victim victim,
      Workbench bench,
      BiFunction<Trigger, LabelRule, TrainingListener> probes) {
    this.training = training;
    this.victim = victim;
    this.bench = bench;
    this.probes = probes;
  }

  /** A context without measurements during training. */
  public AttackContext(ImageDataset training, Victim victim, Workbench bench) {
    this(training, victim, bench, (trigger, labels) -> new TrainingListener() {});
  }

  /** The clean training set. */
  public ImageDataset training() {
    return training;
  }

  /** What the data set is. */
  public DatasetSpec spec() {
    return training.spec();
  }

  /** The victim's training recipe. */
  public TrainingPlan plan() {
    return victim.plan();
  }

  /** Source of all randomness of this attack; split it by purpose. */
  public Seed seed() {
    return bench.seed();
  }

  /** Where to compute. */
  public ComputeDevice device() {
    return bench.device();
  }

  /** A new network of the victim's architecture, the same at each call, on the device. */
  public Network newVictim() {
    return victim.newNetwork(bench.seed().child("victim-weights")).to(bench.device());
  }

  /** Poisons the training set by a recipe. */
  public PoisonedDataset poison(PoisonRecipe recipe) {
    return Poisoner.poison(training, recipe, bench.seed());
  }

  /** A trainer for one purpose within this attack. */
  public Trainer trainer(String purpose) {
    return bench.trainer(purpose);
  }

  /**
   * The trainer of the victim itself, watched: clean accuracy and attack success per epoch appear
   * in the history where the run asks for them.
   *
   * @param trigger as applied to test images
   */
  public Trainer victimTrainer(Trigger trigger, LabelRule labels) {
    return bench.trainer("victim").with(probes.apply(trigger, labels));
  }
}
