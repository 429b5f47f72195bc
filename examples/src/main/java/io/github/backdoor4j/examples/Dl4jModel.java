package io.github.backdoor4j.examples;

import io.github.backdoor4j.attacks.BadNets;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.data.Poisoner;
import io.github.backdoor4j.core.data.TriggeredSet;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseContext.Materials;
import io.github.backdoor4j.core.spi.DefenseOutcome.ModelVerdict;
import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.EvaluationContext;
import io.github.backdoor4j.core.spi.EvaluationContext.Detection;
import io.github.backdoor4j.core.spi.EvaluationContext.ModelPredictions;
import io.github.backdoor4j.core.spi.Evaluator;
import io.github.backdoor4j.core.spi.Victim;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.TrainingListener;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.datasets.FashionMnist;
import io.github.backdoor4j.defenses.ActivationClustering;
import io.github.backdoor4j.defenses.NeuralCleanse;
import io.github.backdoor4j.defenses.Strip;
import io.github.backdoor4j.eval.DetectionQuality;
import io.github.backdoor4j.eval.ModelMetrics;
import io.github.backdoor4j.models.Dl4jClassifier;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Trains a model of Deeplearning4j on poisoned Fashion-MNIST, and has STRIP, Activation Clustering
 * and Neural Cleanse look at it.
 */
public final class Dl4jModel {

  private static final Seed SEED = new Seed(0);
  private static final int BATCH = 64;

  private final ImageDataset test;
  private final ImageDataset holdout;
  private final PoisonRecipe recipe;
  private final PoisonedDataset poisoned;
  private final TriggeredSet triggered;
  private final Network model;
  private final ModelPredictions predictions;

  private Dl4jModel(Dl4jClassifier classifier, int images, int epochs) {
    Splits splits = new FashionMnist().load(Optional.empty(), new FashionMnist().defaults());
    ImageDataset training = splits.training().subset(LongStream.range(0, images).toArray());
    // half of the test images measure, some of the others are the defender's
    test = splits.test().subset(LongStream.range(0, 1000).toArray());
    holdout = splits.test().subset(LongStream.range(1000, 1500).toArray());
    BadNets attack = new BadNets();
    recipe =
        attack.recipe(
            new AttackContext(training, untrainable(), bench()), attack.defaults(training.spec()));
    poisoned = Poisoner.poison(training, recipe, SEED);
    triggered = Poisoner.trigger(test, recipe.testTrigger(), recipe.labels());

    classifier.train(poisoned.asDataset(), epochs, BATCH, SEED, new TrainingListener() {});
    model = classifier.asNetwork(training.spec().shape());
    Inference inference = Inference.on(ComputeDevice.CPU);
    predictions =
        new ModelPredictions(
            inference.predict(model, test),
            test.labelValues(),
            inference.predict(model, triggered.images(), test.spec().normalization()),
            triggered.attackLabels(),
            triggered.originalLabels());
  }

  /**
   * Takes, if they shall be other than 3,000 images, 5 epochs and 10 epochs of trigger inversion,
   * these three numbers.
   */
  public static void main(String[] args) {
    int images = args.length > 0 ? Integer.parseInt(args[0]) : 3000;
    int epochs = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    int inversion = args.length > 2 ? Integer.parseInt(args[2]) : 10;
    Dl4jClassifier classifier = Dl4jClassifier.of(network()); // outside of any TensorScope
    try (TensorScope scope = TensorScope.open()) {
      Dl4jModel example = new Dl4jModel(classifier, images, epochs);
      print("model", new ModelMetrics(), example.context(Optional.empty()));
      example.strip();
      example.activationClustering();
      example.neuralCleanse(inversion);
    }
  }

  /** A small convolutional network, as DL4J's users write it. */
  private static MultiLayerNetwork network() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(0)
                .updater(new Adam(1e-3))
                .list()
                .layer(convolution(8))
                .layer(pooling())
                .layer(convolution(16))
                .layer(pooling())
                .layer(new DenseLayer.Builder().nOut(32).activation(Activation.RELU).build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(10)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(32, 32, 3))
                .build());
    network.init();
    return network;
  }

  private static ConvolutionLayer convolution(int maps) {
    return new ConvolutionLayer.Builder(3, 3)
        .padding(1, 1)
        .nOut(maps)
        .activation(Activation.RELU)
        .build();
  }

  private static SubsamplingLayer pooling() {
    return new SubsamplingLayer.Builder(PoolingType.MAX).kernelSize(2, 2).stride(2, 2).build();
  }

  private void strip() {
    Strip strip = new Strip();
    boolean[] truth = new boolean[400];
    Arrays.fill(truth, 200, 400, true);
    Tensor inputs =
        torch.cat(
            new TensorVector(
                test.images().narrow(0, 0, 200), triggered.images().narrow(0, 200, 200)),
            0);
    Strip.Options options = // a tenth of the paper's added images, and more false alarms
        new Strip.Options(10, 1, 0.05, 500, strip.defaults(test.spec()).fidelity());
    SampleScores found = strip.defend(view(strip, Optional.of(inputs)), options);
    print("strip", found, truth);
  }

  private void activationClustering() {
    ActivationClustering clustering = new ActivationClustering();
    ActivationClustering.Options d = clustering.defaults(test.spec());
    ActivationClustering.Options options = // clusters only: no model is trained anew
        new ActivationClustering.Options(
            d.reduction(),
            d.dimensions(),
            ActivationClustering.Rule.SEPARATION,
            d.sizeThreshold(),
            d.silhouetteThreshold(),
            d.separationThreshold(),
            false,
            d.reclassificationThreshold(),
            false,
            0,
            d.fidelity());
    boolean[] truth = new boolean[poisoned.asDataset().size()];
    for (long row : poisoned.poisonedRows()) {
      truth[(int) row] = true;
    }
    SampleScores found = clustering.defend(view(clustering, Optional.empty()), options).samples();
    print("activation-clustering", found, truth);
  }

  private void neuralCleanse(int epochs) {
    NeuralCleanse cleanse = new NeuralCleanse();
    NeuralCleanse.Options options = // inversion only: the model is not changed
        Options.bind(
            cleanse.id(),
            cleanse.defaults(test.spec()),
            Map.of(
                "epochs", String.valueOf(epochs),
                "batch_size", "50",
                "images", "200",
                "augment", "false",
                "repair", "none"));
    ModelVerdict verdict = cleanse.defend(view(cleanse, Optional.empty()), options);
    System.out.printf(
        Locale.ROOT,
        "neural-cleanse: backdoored %b, anomaly index %.2f, suspected classes %s%n",
        verdict.backdoored(),
        verdict.score(),
        verdict.suspectLabels());
  }

  private DefenseContext view(DefenseStrategy<?> defense, Optional<Tensor> inputs) {
    Materials materials =
        new Materials(model, Optional.of(poisoned.asDataset()), Optional.of(holdout), inputs);
    return new DefenseContext(defense, test.spec(), materials, untrainable(), bench());
  }

  private static Workbench bench() {
    return Workbench.simple(ComputeDevice.CPU, SEED);
  }

  /** Defenses that train networks of their own need one of Backdoor4J here. */
  private static Victim untrainable() {
    return new Victim(
        () -> {
          throw new UsageException("DL4J models are not trained by defenses");
        },
        TrainingPlan.benchmark(1, Augmentation.NONE));
  }

  private EvaluationContext context(Optional<Detection> detection) {
    return new EvaluationContext(predictions, Optional.empty(), detection, Optional.empty());
  }

  private void print(String name, SampleScores found, boolean[] truth) {
    Detection detection = new Detection(found.scores(), found.flagged(), truth);
    print(name, new DetectionQuality(), context(Optional.of(detection)));
  }

  private static void print(String name, Evaluator evaluator, EvaluationContext context) {
    for (Measurement m : evaluator.evaluate(context).measurements()) {
      System.out.printf(
          Locale.ROOT, "%s: %s %.3f of %d%n", name, m.name(), m.value(), m.denominator());
    }
  }
}
