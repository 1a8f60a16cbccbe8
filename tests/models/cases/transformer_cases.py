"""Small transformers with random weights, as their users export them: Hugging Face's classes and torch.nn's own, by both
of PyTorch's exporters, NAME-ts<opset> (TorchScript) and NAME-dynamo<opset>.
"""
import io
import os
import tempfile

import onnx
import torch
import torch.nn.functional as F
from case import Case
from networks_cases import Function
from torch import nn

try:
    import transformers as hf
    from transformers.utils import logging

    logging.set_verbosity_error()
except ImportError as missing:
    hf = None
    print("hf cases left out: %s" % missing)

TS, DYNAMO = (14, 17), (18, 20, 23)
WIDTH, HEADS, LAYERS, INNER, WORDS, TOKENS = 32, 4, 2, 64, 100, 8
CASES = []


def export(module, tensors, names, exporter, opset):
    if exporter == "ts":
        file = io.BytesIO()
        torch.onnx.export(module, tensors, file, input_names=names, output_names=["y"], opset_version=opset, dynamo=False)
        return onnx.load_from_string(file.getvalue())
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        torch.onnx.export(module, tensors, path, input_names=names, output_names=["y"], opset_version=opset, dynamo=True,
                          external_data=False, verbose=False)
        return onnx.load(path)


def feeds(model, names, tensors):
    known = {each.name for each in model.graph.input}
    return {name: tensor.numpy() for name, tensor in zip(names, tensors) if name in known}


def shaken(module):
    """Norms and biases away from 1 and 0, where their mistakes do not show."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
            elif parameter.std() < 0.05:
                parameter.mul_(0.15 / max(float(parameter.std()), 1e-6))
    return module.eval()


def network(label, make, inputs, opsets=None):
    """make: a module; inputs: {name: tensor}."""
    for exporter, opset in opsets or [("ts", k) for k in TS] + [("dynamo", k) for k in DYNAMO]:
        def case(name, exporter=exporter, opset=opset):
            torch.manual_seed(sum(map(ord, label)))
            module, tensors = shaken(make()), tuple(make_input() for make_input in inputs.values())
            model = export(module, tensors, list(inputs), exporter, opset)
            return Case(name, model, feeds(model, list(inputs), tensors), ["--weights", "16"])

        CASES.append(("%s-%s%d" % (label, exporter, opset), case))


def tokens():
    return torch.randint(1, WORDS, (1, TOKENS))


def padding():
    mask = torch.ones(1, TOKENS, dtype=torch.int64)
    mask[:, TOKENS - 3:] = 0
    return mask


def reals(*shape):
    return lambda: torch.randn(shape) * 0.7


class Take(nn.Module):
    """A model with one tensor as its result."""

    def __init__(self, model, field, names, **more):
        super().__init__()
        self.model, self.field, self.names, self.more = model, field, names, more

    def forward(self, *inputs):
        given = dict(zip(self.names, inputs))
        if "input_ids" in given and "attention_mask" not in given:  # without one TorchScript is led to aten::diff
            given["attention_mask"] = torch.ones_like(given["input_ids"])
        return getattr(self.model(**given, **self.more), self.field)


def hugging(label, model, config, inputs, field="last_hidden_state", attention="sdpa", opsets=None, more=None, **settings):
    if hf is None:
        return

    def make():
        made = getattr(hf, config)(**settings)
        made._attn_implementation = attention
        return Take(getattr(hf, model)(made), field, list(inputs), **(more or {}))

    network("hf-" + label, make, inputs, opsets)


# ---- encoders
TEXT = {"input_ids": tokens, "attention_mask": padding}
WHOLE_TEXT = {"input_ids": tokens, "attention_mask": lambda: torch.ones(1, TOKENS, dtype=torch.int64)}
BERT = dict(vocab_size=WORDS, hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=INNER,
            max_position_embeddings=64)
for kind in ("eager", "sdpa"):
    hugging("bert-" + kind, "BertModel", "BertConfig", TEXT, attention=kind, **BERT)
    hugging("distilbert-" + kind, "DistilBertModel", "DistilBertConfig", TEXT, attention=kind, vocab_size=WORDS, dim=WIDTH,
            n_layers=LAYERS, n_heads=HEADS, hidden_dim=INNER, max_position_embeddings=64)
    hugging("roberta-" + kind, "RobertaModel", "RobertaConfig", TEXT, attention=kind, pad_token_id=1, **BERT)
hugging("albert", "AlbertModel", "AlbertConfig", TEXT, embedding_size=16, **BERT)
hugging("electra", "ElectraModel", "ElectraConfig", TEXT, embedding_size=16, **BERT)
hugging("mpnet", "MPNetModel", "MPNetConfig", TEXT, attention="eager", **BERT)
# without padding: its own rows would be masked as a whole, which is all ones in ONNX Runtime and no mask here
hugging("deberta-v2", "DebertaV2Model", "DebertaV2Config", WHOLE_TEXT, attention="eager", relative_attention=True, **BERT)
hugging("modernbert", "ModernBertModel", "ModernBertConfig", WHOLE_TEXT, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        cls_token_id=1, sep_token_id=2, local_attention=4, **BERT)
hugging("t5-encoder", "T5EncoderModel", "T5Config", TEXT, attention="eager", vocab_size=WORDS, d_model=WIDTH, d_kv=WIDTH // HEADS, d_ff=INNER,
        num_layers=LAYERS, num_heads=HEADS)
# ---- decoders
NO_CACHE = {"use_cache": False}
PROMPT = {"input_ids": tokens}
for kind in ("eager", "sdpa"):
    GPT2 = dict(vocab_size=WORDS, n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS, n_positions=64)
    hugging("gpt2-" + kind, "GPT2LMHeadModel", "GPT2Config", PROMPT, "logits", kind, more=NO_CACHE, **GPT2)
    hugging("gpt2-padded-" + kind, "GPT2LMHeadModel", "GPT2Config", TEXT, "logits", kind, more=NO_CACHE, **GPT2)
    LLAMA = dict(vocab_size=WORDS, hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
                 intermediate_size=INNER, num_key_value_heads=2, max_position_embeddings=64, pad_token_id=0)
    hugging("llama-" + kind, "LlamaForCausalLM", "LlamaConfig", PROMPT, "logits", kind, more=NO_CACHE, **LLAMA)
    hugging("llama-padded-" + kind, "LlamaForCausalLM", "LlamaConfig", TEXT, "logits", kind, more=NO_CACHE, **LLAMA)
hugging("opt", "OPTForCausalLM", "OPTConfig", PROMPT, "logits", more=NO_CACHE, vocab_size=WORDS, hidden_size=WIDTH,
        num_hidden_layers=LAYERS, num_attention_heads=HEADS, ffn_dim=INNER, max_position_embeddings=64,
        word_embed_proj_dim=WIDTH)
hugging("gpt-neox", "GPTNeoXForCausalLM", "GPTNeoXConfig", PROMPT, "logits", more=NO_CACHE, **BERT)
hugging("gpt-neo", "GPTNeoForCausalLM", "GPTNeoConfig", PROMPT, "logits", attention="eager", more=NO_CACHE, vocab_size=WORDS,
        hidden_size=WIDTH, num_layers=LAYERS, num_heads=HEADS, attention_types=[[["global", "local"], 1]], window_size=4,
        max_position_embeddings=64, intermediate_size=INNER)
hugging("bloom", "BloomForCausalLM", "BloomConfig", PROMPT, "logits", attention="eager", more=NO_CACHE, vocab_size=WORDS,
        hidden_size=WIDTH, n_layer=LAYERS, n_head=HEADS)
hugging("llama-tied", "LlamaForCausalLM", "LlamaConfig", PROMPT, "logits", more=NO_CACHE, tie_word_embeddings=True, **LLAMA)
hugging("mistral", "MistralForCausalLM", "MistralConfig", PROMPT, "logits", more=NO_CACHE, sliding_window=4, head_dim=8, **LLAMA)
hugging("qwen2", "Qwen2ForCausalLM", "Qwen2Config", PROMPT, "logits", more=NO_CACHE, **LLAMA)
hugging("qwen3", "Qwen3ForCausalLM", "Qwen3Config", PROMPT, "logits", more=NO_CACHE, head_dim=8, **LLAMA)
hugging("gemma", "GemmaForCausalLM", "GemmaConfig", PROMPT, "logits", more=NO_CACHE, head_dim=8, **LLAMA)
hugging("gemma2", "Gemma2ForCausalLM", "Gemma2Config", PROMPT, "logits", attention="eager", more=NO_CACHE, head_dim=8,
        sliding_window=4, **LLAMA)
hugging("phi", "PhiForCausalLM", "PhiConfig", PROMPT, "logits", more=NO_CACHE, **LLAMA)
hugging("phi3", "Phi3ForCausalLM", "Phi3Config", PROMPT, "logits", more=NO_CACHE, **LLAMA)
# ---- vision, speech
VIT = dict(hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=INNER, image_size=16,
           patch_size=4)
IMAGE = {"pixel_values": reals(1, 3, 16, 16)}
for kind in ("eager", "sdpa"):
    hugging("vit-" + kind, "ViTForImageClassification", "ViTConfig", IMAGE, "logits", kind, num_labels=5, **VIT)
hugging("deit", "DeiTForImageClassification", "DeiTConfig", IMAGE, "logits", num_labels=5, **VIT)
hugging("dinov2", "Dinov2Model", "Dinov2Config", IMAGE, **VIT)
hugging("swin", "SwinModel", "SwinConfig", {"pixel_values": reals(1, 3, 32, 32)}, attention="eager", image_size=32, patch_size=4, embed_dim=16,
        depths=[2, 2], num_heads=[2, 4], window_size=4)
hugging("clip-text", "CLIPTextModel", "CLIPTextConfig", TEXT, vocab_size=WORDS, hidden_size=WIDTH, num_hidden_layers=LAYERS,
        num_attention_heads=HEADS, intermediate_size=INNER, max_position_embeddings=64, eos_token_id=2, pad_token_id=0)
hugging("clip-vision", "CLIPVisionModel", "CLIPVisionConfig", IMAGE, "pooler_output", **VIT)


def whisper():
    config = hf.WhisperConfig(vocab_size=WORDS, num_mel_bins=8, d_model=WIDTH, encoder_layers=LAYERS, decoder_layers=1,
                              encoder_attention_heads=HEADS, decoder_attention_heads=HEADS, encoder_ffn_dim=INNER,
                              decoder_ffn_dim=INNER, max_source_positions=8, pad_token_id=0, bos_token_id=1, eos_token_id=2,
                              decoder_start_token_id=1)
    config._attn_implementation = "sdpa"
    return Take(hf.WhisperModel(config).encoder, "last_hidden_state", ["input_features"])


if hf is not None:
    network("hf-whisper-encoder", whisper, {"x": reals(1, 8, 16)})


# ---- torch.nn
class Attend(nn.Module):
    def __init__(self, **more):
        super().__init__()
        self.attention, self.more = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True), more

    def forward(self, x, mask=None):
        return self.attention(x, x, x, attn_mask=mask, **self.more)[0]


def encoder(**more):
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, batch_first=True, **more)
    return lambda: nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)


class Causal(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = encoder(norm_first=True, activation="gelu")()

    def forward(self, x):
        return self.encoder(x, mask=nn.Transformer.generate_square_subsequent_mask(TOKENS), is_causal=True)


X = {"x": reals(1, TOKENS, WIDTH)}
QKV = {name: reals(1, HEADS, TOKENS, 8) for name in "qkv"}
network("nn-encoder", encoder(), X)
network("nn-encoder-gelu", encoder(activation="gelu", norm_first=True), X)
network("nn-encoder-causal", Causal, X)
network("nn-attention", Attend, X)
network("nn-attention-weights", lambda: Attend(need_weights=True), X)
network("nn-attention-mask", Attend, {**X, "mask": lambda: torch.rand(TOKENS, TOKENS) < 0.2})
network("nn-rmsnorm", lambda: nn.Sequential(nn.RMSNorm(WIDTH), nn.Linear(WIDTH, WIDTH)), X)
network("nn-layernorm-gelu", lambda: nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, INNER), nn.GELU(approximate="tanh"),
                                                   nn.Linear(INNER, WIDTH)), X)
network("sdpa", lambda: Function(F.scaled_dot_product_attention), QKV)
network("sdpa-causal", lambda: Function(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True)), QKV)
network("sdpa-scale", lambda: Function(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, scale=0.3)), QKV)
network("sdpa-boolean", lambda: Function(lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m)),
        {**QKV, "mask": lambda: torch.rand(1, 1, TOKENS, TOKENS) < 0.8})
network("sdpa-float", lambda: Function(lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m)),
        {**QKV, "mask": reals(1, 1, TOKENS, TOKENS)})
network("sdpa-grouped", lambda: Function(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)),
        {"q": reals(1, HEADS, TOKENS, 8), "k": reals(1, 2, TOKENS, 8), "v": reals(1, 2, TOKENS, 8)})
