"""Each rule of check_tree.py catches a breach of it, and lets the allowed case pass."""

import pathlib
import tempfile
import unittest

import check_tree


class Rules(unittest.TestCase):
    def breach(self, path, target):
        return check_tree.allowed(path, target) is not None

    def test_includes_run_strictly_downward(self):
        for path, target in [
            ("kernels/gemm.h", "vector"),
            ("kernels/gemm.cc", "kernels/reduce.h"),
            ("kernels/gemm.cc", "cblas.h"),
            ("kernels/reference/gemm.h", "hwy/highway.h"),
            ("lib/surplus/core/matrix.h", "surplus/linalg/cholesky.h"),
            ("lib/surplus/linalg/svd.cc", "surplus/data/csv.h"),
            ("lib/surplus/linalg/svd.h", "kernels/blas.h"),
            ("lib/surplus/data/csv.cc", "kernels/reduce.h"),
            ("lib/surplus/mixture/gmm.h", "surplus/metric/itml.h"),
            ("lib/surplus/mixture/gmm.h", "nlohmann/json.hpp"),
            ("lib/surplus/core/rng.cc", "Random123/philox.h"),
            ("lib/surplus/linalg/svd.cc", "hwy/highway.h"),
            ("apps/surplus.cc", "kernels/gemm.h"),
            ("apps/studies/itml.cc", "apps/studies/em_gmm.h"),
            ("apps/studies/itml.cc", "apps/studies/em_gmm/box.h"),
            ("apps/studies/em_gmm/box.cc", "apps/studies/itml.h"),
        ]:
            self.assertTrue(self.breach(path, target), f"{path} -> {target}")

    def test_what_the_table_allows_passes(self):
        for path, target in [
            ("kernels/gemm.cc", "kernels/simd-inl.h"),
            ("kernels/gemm.cc", "hwy/highway.h"),
            ("kernels/blas.cc", "cblas.h"),
            ("kernels/syrk.cc", "kernels/gemm.h"),
            ("lib/surplus/core/rng.cc", "kernels/philox.h"),
            ("lib/surplus/linalg/svd.cc", "kernels/blas.h"),
            ("lib/surplus/mixture/gmm.cc", "surplus/data/npy.h"),
            ("lib/surplus/mixture/model_io.cc", "nlohmann/json.hpp"),
            ("apps/surplus.cc", "CLI/CLI.hpp"),
            ("apps/studies/registry.cc", "apps/studies/em_gmm.h"),
            ("apps/studies/em_gmm.h", "apps/studies/em_gmm/box.h"),
            ("apps/studies/em_gmm/box.cc", "apps/studies/em_gmm/truth.h"),
        ]:
            self.assertFalse(self.breach(path, target), f"{path} -> {target}")

    def test_a_kernel_without_companions_and_a_stray_top_level_name_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "kernels").mkdir()
            (root / "kernels/gemm.h").write_text("")
            (root / "notes.txt").write_text("")
            (root / "apps/studies").mkdir(parents=True)
            (root / "apps/studies/lost.h").write_text("")
            self.assertEqual(len(list(check_tree.check_companions(root))), 5)
            self.assertEqual(list(check_tree.check_top_level(root)),
                             ["notes.txt: does not belong at the top level"])
            self.assertEqual(len(list(check_tree.check_guards(root))), 2)
            (root / "kernels/gemm.cc").write_text("")
            self.assertEqual(list(check_tree.check_build_lists(root)),
                             ["kernels/gemm.cc: is in no meson.build"])

    def test_an_op_without_a_row_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            ops, table = root / "lib/surplus/autodiff/ops", root / "tests/lib/autodiff/op_table.cc"
            ops.mkdir(parents=True)
            table.parent.mkdir(parents=True)
            (ops / "unary.h").write_text("Var<T> sin(const Var<T>& x);\nVar<T> cos(const Var<T>& x);\n")
            table.write_text('{"sin (fast)", cases}, {"cosine", cases}')
            self.assertEqual(list(check_tree.check_companions(root)),
                             ["lib/surplus/autodiff/ops/unary.h: cos has no row in "
                              "tests/lib/autodiff/op_table.cc"])


if __name__ == "__main__":
    unittest.main()
