package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireNonNegative;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Fine-tunes the suspect twice on clean images: once to make a teacher, then the suspect itself as
 * its student, which besides the labels learns to look where the teacher looks. Assumes a small
 * clean labelled set, and a teacher that attends to the trigger less than the suspect does.
 *
 * <p>{@link Fidelity#PAPER}: attention after the last residual groups, before global pooling
 * (§3.2). {@link Fidelity#BACKDOORBENCH}: one group fewer and the features after global pooling,
 * where the attention term is void.
 *
 * @see <a href="https://arxiv.org/abs/2101.05930">Li et al., Neural Attention Distillation, ICLR
 *     2021</a>
 */
public final class NeuralAttentionDistillation
    implements DefenseStrategy<NeuralAttentionDistillation.Options> {

  private static final int EPOCHS = 10;

  /**
   * What NAD can be told.
   *
   * @param teacher training that makes the teacher
   * @param student training of the student
   * @param betas weight of the attention term at each tap, early to late
   * @param power p of the attention maps
   * @param taps where attention is compared; empty for those of the fidelity
   * @param fidelity whom to follow where paper and benchmark differ
   */
  public record Options(
      @Doc("fine-tuning on the clean holdout that makes the teacher") TrainingPlan teacher,
      @Doc("training of the student on the clean holdout under the teacher's attention")
          TrainingPlan student,
      @Doc(
              value =
                  "weight of the attention term at each tap, from early to late; as many taps as"
                      + " weights are used",
              range = "each at least 0")
          List<Double> betas,
      @Doc(value = "power of the activations in an attention map", range = "at least 1")
          double power,
      @Doc(
              "where attention is compared: names of taps, as many as betas; empty for the network's"
                  + " last stages, as the fidelity says")
          List<String> taps,
      @Doc(
              value =
                  "paper: the last stages before global pooling; backdoorbench: one stage fewer, and"
                      + " the features after pooling, where the attention term is void",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      betas = List.copyOf(betas);
      taps = List.copyOf(taps);
      require(!betas.isEmpty(), "betas must hold one weight at least");
      betas.forEach(beta -> requireNonNegative("each of betas", beta));
      require(power >= 1 && Double.isFinite(power), "power must be at least 1, but was %s", power);
      require(
          taps.isEmpty() || taps.size() == betas.size(),
          "taps and betas must be equally many, but there are %d taps and %d betas",
          taps.size(),
          betas.size());
    }
  }

  @Override
  public String id() {
    return "nad";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    TrainingPlan plan = Tuning.defaults(data).withEpochs(EPOCHS);
    boolean tiny = data.id().equals("tiny-imagenet");
    return new Options(
        plan,
        plan.withSchedule(new ScheduleSpec.Constant()).withBatchSize(tiny ? 128 : 256),
        List.of(500.0, 1000.0, 1000.0),
        2,
        List.of(),
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Neural Attention Distillation (NAD)",
        "Makes a fine-tuned copy of the model teach the model where to look.",
        "Li, Lyu, Koren, Lyu, Li, Ma: Neural Attention Distillation: Erasing Backdoor Triggers from"
            + " Deep Neural Networks, ICLR 2021",
        "https://arxiv.org/abs/2101.05930",
        "defender has the model and a small clean labelled set",
        "post-training repair",
        "(3 · teacher epochs + 4 · student epochs) · holdout/n forward passes over the training set"
            + " (3.5 by default)",
        List.of(
            "training constants and weights are BackdoorBench's (rate 0.01, batches of 256, weight"
                + " decay 5e-4, betas 500, 1000, 1000); the paper trains at 0.1, in batches of 64,"
                + " with weight decay 1e-4, and its code ships betas 0, 0, 5000",
            "each network runs once per batch; the benchmark runs the student's early layers up to"
                + " four times in training mode, which moves their running statistics as often",
            "on networks other than pre-activation ResNets the benchmark has one tap, after global"
                + " pooling, or for transformers the resized image: give taps and betas for that;"
                + " the term is void there, so that it is plain fine-tuning",
            "the paper has no transformers; attention over tokens is the same formula with the class"
                + " token as one more place",
            "32-bit training where the benchmark uses 16-bit automatic mixed precision"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(DefenderAccess.SUSPECT_MODEL, DefenderAccess.CLEAN_HOLDOUT);
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    Passes learning = Tuning.passes(options.student(), load.holdoutImages());
    return Optional.of(
        Tuning.passes(options.teacher(), load.holdoutImages())
            .plus(learning)
            .plus(Passes.forward(learning.images())));
  }

  @Override
  public RepairedModel defend(DefenseContext context, Options options) {
    Network student = context.suspect();
    List<AttentionDistillation.Place> places = places(student.features(), options);
    for (AttentionDistillation.Place place : places) { // before the teacher is trained
      require(
          student.tapNames().contains(place.tap()),
          "network has no tap '%s'. Its taps: %s",
          place.tap(),
          student.tapNames());
    }
    ImageDataset holdout = context.labelledHoldout();
    Network teacher = student.copy();
    TrainingHistory taught =
        context
            .trainer("teacher")
            .fit(teacher, holdout, options.teacher(), context.seed().child("teacher"));
    AttentionDistillation distillation =
        new AttentionDistillation(student, teacher, places, new AttentionMap(options.power()));
    TrainingHistory learned =
        context
            .trainer("student")
            .fit(
                student, holdout, options.student(), distillation, context.seed().child("student"));
    return new RepairedModel(
        student, evidence(holdout.size(), taught, learned, places, distillation.voidTaps()));
  }

  /** Where attention is compared; the last weights go with the last taps. */
  static List<AttentionDistillation.Place> places(FeatureLayout layout, Options options) {
    List<String> taps = options.taps().isEmpty() ? fidelityTaps(layout, options) : options.taps();
    int spare = options.betas().size() - taps.size();
    List<AttentionDistillation.Place> places = new ArrayList<>();
    for (int i = 0; i < taps.size(); i++) {
      places.add(new AttentionDistillation.Place(taps.get(i), options.betas().get(spare + i)));
    }
    return places;
  }

  private static List<String> fidelityTaps(FeatureLayout layout, Options options) {
    if (layout.stages().isEmpty()) {
      throw new NotApplicableException(
          "defense 'nad' compares attention after the stages of a network, but this one names none."
              + " Say where to compare it by the option 'taps'.");
    }
    List<String> taps = new ArrayList<>(layout.stages());
    if (options.fidelity() == Fidelity.BACKDOORBENCH) {
      taps.add(layout.penultimate());
    }
    return taps.subList(Math.max(0, taps.size() - options.betas().size()), taps.size());
  }

  private static Evidence evidence(
      int images,
      TrainingHistory taught,
      TrainingHistory learned,
      List<AttentionDistillation.Place> places,
      List<String> voidTaps) {
    Map<String, Double> numbers = new LinkedHashMap<>(Tuning.numbers("teacher", images, taught));
    numbers.putAll(Tuning.numbers("student", images, learned));
    if (!learned.epochs().isEmpty()) {
      double[] attention = learned.curve("attention_loss");
      numbers.put("student_attention_loss", attention[attention.length - 1]);
    }
    List<Figure> figures = new ArrayList<>();
    figures.addAll(Tuning.figures("Teacher: fine-tuning on the clean holdout", taught));
    figures.addAll(
        Tuning.figures(
            "Student: labels and the teacher's attention",
            learned,
            List.of("loss", "attention_loss", "accuracy")));
    return new Evidence(numbers, figures, notes(places, voidTaps));
  }

  private static List<String> notes(
      List<AttentionDistillation.Place> places, List<String> voidTaps) {
    List<String> notes = new ArrayList<>();
    notes.add(
        "Attention was compared at "
            + String.join(", ", places.stream().map(AttentionDistillation.Place::tap).toList())
            + ".");
    if (!voidTaps.isEmpty()) {
      notes.add(
          "A map of one pixel is the same for every image, so the attention term is void at "
              + String.join(", ", voidTaps)
              + ".");
    }
    if (voidTaps.size() == places.size()) {
      notes.add("There was no attention to learn anywhere: this is plain fine-tuning.");
    }
    return notes;
  }
}
