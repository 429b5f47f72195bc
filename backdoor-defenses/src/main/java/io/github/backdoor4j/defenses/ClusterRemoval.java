package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.CleanedDataset;
import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** One run of activation clustering: cluster, judge, perhaps reclassify, remove, train anew. */
final class ClusterRemoval {

  private final DefenseContext context;
  private final ActivationClustering.Options options;
  private final ImageDataset training;
  private final ClusterEvidence evidence;

  ClusterRemoval(DefenseContext context, ActivationClustering.Options options) {
    this.context = context;
    this.options = options;
    this.training = context.trainingSet();
    if (training.size() == 0) {
      throw new NotApplicableException(
          "activation-clustering needs training images, but the training set is empty");
    }
    this.evidence = new ClusterEvidence(training.spec(), options);
  }

  CleanedDataset run() {
    List<JudgedClass> judged = judge();
    Optional<Network> model = Optional.empty();
    if (options.reclassify() && any(flags(judged))) {
      Network judge = train("reclassification", flags(judged));
      List<JudgedClass> confirmed = reclassify(judge, judged);
      boolean same = Arrays.equals(flags(confirmed), flags(judged));
      judged = confirmed;
      model = same ? Optional.of(judge) : Optional.empty(); // it saw all samples kept
    }
    boolean[] flagged = flags(judged);
    if (!options.retrain()) {
      model = Optional.empty();
    } else if (model.isEmpty() && any(flagged)) {
      model = Optional.of(train("retraining", flagged));
    }
    return outcome(judged, flagged, model);
  }

  private CleanedDataset outcome(
      List<JudgedClass> judged, boolean[] flagged, Optional<Network> model) {
    double[] scores =
        ClusterScores.of(judged.stream().map(JudgedClass::clusters).toList(), training.size());
    Evidence found = evidence.of(judged, scores, flagged);
    return new CleanedDataset(
        new SampleScores(SampleScores.Subject.TRAINING_SET, scores, flagged, found), model, found);
  }

  private List<JudgedClass> judge() {
    try (TensorScope scope = TensorScope.open()) {
      Network suspect = context.suspect();
      Tensor features =
          ComputeDevice.CPU.place( // clustering is linear algebra on few and small matrices
              context
                  .inference()
                  .features(
                      suspect,
                      training.images(),
                      training.spec().normalization(),
                      suspect.features().analysis()));
      if (!Tensors.allFinite(features)) {
        throw new EngineException(
            "the model's activations are not finite; its weights may have diverged");
      }
      List<ClassClusters> classes =
          new ClusterAnalysis(options, context.seed().child("clustering"))
              .split(features, training.labelValues(), training.spec().classes());
      return new ClusterVerdicts(options).of(classes, features);
    }
  }

  private List<JudgedClass> reclassify(Network judge, List<JudgedClass> judged) {
    return judged.stream()
        .map(one -> one.cleared(options.reclassificationThreshold(), rows -> predict(judge, rows)))
        .toList();
  }

  private long[] predict(Network judge, long[] rows) {
    try (TensorScope scope = TensorScope.open()) {
      return context.inference().predict(judge, training.subset(rows));
    }
  }

  private boolean[] flags(List<JudgedClass> judged) {
    boolean[] flagged = new boolean[training.size()];
    for (JudgedClass one : judged) {
      long[] suspected = one.suspectedRows();
      for (long row : options.fidelity() == Fidelity.PAPER ? suspected : random(one, suspected)) {
        flagged[(int) row] = true;
      }
    }
    return flagged;
  }

  /** As many rows of the class, but any of them: what the benchmark's code comes to. */
  private long[] random(JudgedClass one, long[] suspected) {
    long[] rows = one.clusters().rows();
    Seed seed = context.seed().child("random-removal", one.clusters().label());
    return Arrays.stream(Tensors.permutation(rows.length, seed))
        .limit(suspected.length)
        .map(position -> rows[(int) position])
        .toArray();
  }

  private Network train(String purpose, boolean[] flagged) {
    long[] kept =
        IntStream.range(0, flagged.length).filter(row -> !flagged[row]).asLongStream().toArray();
    TrainingPlan plan = context.plan();
    int epochs = options.retrainingEpochs() == 0 ? plan.epochs() : options.retrainingEpochs();
    Network network = context.newNetwork(context.seed().child(purpose + "-weights"));
    try (TensorScope scope = TensorScope.open()) {
      context
          .trainer(purpose)
          .fit(
              network,
              training.subset(kept),
              plan.withEpochs(epochs),
              context.seed().child(purpose));
    }
    return network;
  }

  private static boolean any(boolean[] flags) {
    return IntStream.range(0, flags.length).anyMatch(i -> flags[i]);
  }
}
