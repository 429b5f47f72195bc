package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRate;
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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/** What an attack has to work with. Test data is out of its reach. */
public final class AttackContext {

  private final ImageDataset training;
  private final Victim victim;
  private final Workbench bench;
  private final BiFunction<Trigger, LabelRule, TrainingListener> probes;
  private final Supplier<Network> cleanModel;

  /**
   * @param training the clean training set
   * @param victim who is attacked
   * @param bench where the work is done
   * @param probes makes a listener that measures clean accuracy and attack success per epoch
   * @param cleanModel finds or trains the model that {@link #cleanModel()} hands out
   */
  public AttackContext(
      ImageDataset training,
      Victim victim,
      Workbench bench,
      BiFunction<Trigger, LabelRule, TrainingListener> probes,
      Supplier<Network> cleanModel) {
    this.training = training;
    this.victim = victim;
    this.bench = bench;
    this.probes = probes;
    this.cleanModel = cleanModel;
  }

  /** A context without measurements during training, and with a clean model of its own. */
  public AttackContext(ImageDataset training, Victim victim, Workbench bench) {
    this(
        training,
        victim,
        bench,
        (trigger, labels) -> new TrainingListener() {},
        () -> trainClean(training, victim, bench));
  }

  private static Network trainClean(ImageDataset training, Victim victim, Workbench bench) {
    Seed seed = bench.seed().child("clean-model");
    Network network = victim.newNetwork(seed.child("victim-weights")).to(bench.device());
    bench.trainer("clean-model").fit(network, training, victim.plan(), seed.child("training"));
    return network;
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

  /**
   * A network of the victim's architecture that was trained by the victim's plan on the clean
   * training set, in evaluation mode. The attacks of one run and seed share it, so leave its
   * weights as they are.
   */
  public Network cleanModel() {
    return cleanModel.get();
  }

  /**
   * Finds tensors that are dear to make and the same for several runs, or makes and keeps them.
   *
   * @param name lower-case words with hyphens
   * @param key everything the result depends on besides the training set, as values that JSON can
   *     hold
   * @param work makes the tensors
   * @return tensors on the device, whether they were just made or come from a file
   */
  public Map<String, Tensor> kept(
      String name, Map<String, ?> key, Supplier<Map<String, Tensor>> work) {
    Map<String, Object> all = new TreeMap<>(key);
    all.put("training_set", training.contentHash());
    Map<String, Tensor> here = new LinkedHashMap<>();
    bench
        .kept()
        .get(name, all, work)
        .forEach((part, tensor) -> here.put(part, device().place(tensor)));
    return here;
  }

  /**
   * Whether the training set can be poisoned so; for attacks that have dear work to do first.
   *
   * @throws io.github.backdoor4j.core.UsageException if the rule does not fit the classes
   * @throws io.github.backdoor4j.core.NotApplicableException if the rate asks for no image, or for
   *     more than may be poisoned
   */
  public void checkPoisonable(LabelRule rule, PoisonRate rate) {
    Poisoner.check(training, rule, rate);
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
