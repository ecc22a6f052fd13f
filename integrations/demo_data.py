"""The demonstration account's people, funnels and cards, as tables."""

from __future__ import annotations

from typing import NamedTuple

ACCOUNT = "Casa do Pão"
ADMINISTRATOR = ("Helena Prado", "admin@tomada.example")
SUPPORT = ("Equipe de suporte", "suporte@tomada.example")
MODULES = ("workflow", "api", "white_label")

SELLERS = (
    # Same addresses as users of the sandboxes: existing ones are linked, the others are created (M22).
    ("Bruno Lima", "bruno.lima@exemplo.com.br", "Gestor"),
    ("Carla Mendes", "carla.mendes@exemplo.com.br", "Vendedor"),
    ("Diego Ferreira", "diego.ferreira@exemplo.com.br", "Vendedor"),
)


class FunnelRow(NamedTuple):
    """A funnel: stages in order, checklist items (stage, text, mandatory), loss reasons."""

    name: str
    stages: tuple[str, ...]
    checklist: tuple[tuple[int, str, bool], ...]
    reasons: tuple[str, ...]


FUNNELS = (
    FunnelRow(
        "Novos clientes",
        ("Entrada", "Qualificação", "Enviar para prospecção", "Degustação", "Proposta", "Negociação"),
        (
            (3, "Amostras entregues", True),
            (3, "Fotos da degustação no card", False),
            (4, "Proposta revisada pela gestora", True),
            (4, "Prazo de entrega confirmado com a fábrica", True),
        ),
        (
            "Sem orçamento",
            "Sem interesse",
            "Comprou do concorrente",
            "Fora da área de entrega",
            "Sem contato",
        ),
    ),
    FunnelRow(
        "Expansão da base",
        ("Mapeamento", "Enviar para prospecção", "Proposta", "Fechamento"),
        ((2, "Consumo dos últimos três meses levantado", True),),
        ("Sem orçamento", "Satisfeito com o volume atual", "Mudou de fornecedor"),
    ),
)

FIELDS = (
    # entity, key, label, type, options
    (
        "deal",
        "segmento",
        "Segmento",
        "options",
        ("Hotelaria", "Supermercado", "Cafeteria", "Restaurante", "Empresa"),
    ),
    ("deal", "previsao_de_fechamento", "Previsão de fechamento", "date", ()),
    ("deal", "quilos_por_semana", "Quilos por semana", "integer", ()),
    ("person", "cargo", "Cargo", "text", ()),
    ("company", "unidades", "Número de unidades", "integer", ()),
)


class CardRow(NamedTuple):
    """A card. `area`: dialling code; `kilos`: a week; `end`: "" open, "won", or the reason it was lost."""

    title: str
    company: str
    contact: str
    role: str
    area: int
    segment: int
    amount: str
    kilos: int
    funnel: int
    stage: int
    end: str = ""
    email: str = ""
    related: str = ""


CARDS = (
    CardRow("Café da manhã da rede", "Hotel Mirante da Serra", "Patrícia Vasconcelos", "Gerente de A&B", 54, 0, "18400.00", 220, 0, 0),
    CardRow("Pão de queijo para 12 lojas", "Supermercados Bom Vizinho", "Otávio Ramos", "Comprador", 31, 1, "46200.00", 640, 0, 0),
    CardRow("Croissants congelados", "Cafeteria Grão Nobre", "Luana Castro", "Sócia", 41, 2, "5900.00", 60, 0, 0),
    CardRow("Coffee break mensal", "Coworking Praça 9", "Felipe Araújo", "Analista administrativo", 11, 4, "3200.00", 25, 0, 0, "", "cliente.aberto@exemplo.com.br"),
    CardRow("Pães artesanais para o almoço", "Restaurante Dona Zica", "Márcia Tavares", "Proprietária", 71, 3, "7800.00", 90, 0, 0),
    CardRow("Fornecimento semanal", "Pousada Canto da Lagoa", "Sérgio Monteiro", "Sócio", 48, 0, "9600.00", 110, 0, 0),
    CardRow("Linha sem glúten", "Empório Raiz Natural", "Beatriz Fonseca", "Compradora", 19, 1, "12500.00", 75, 0, 1),
    CardRow("Sanduíches para a copa", "Clínica Vida Plena", "Danilo Machado", "Coordenador", 61, 4, "4100.00", 40, 0, 1),
    CardRow("Pão francês congelado", "Mercado da Esquina", "Emerson Borges", "Gerente de loja", 62, 1, "22300.00", 410, 0, 1),
    CardRow("Buffet de eventos", "Villa Aurora Eventos", "Natália Queiroz", "Chef", 11, 3, "15800.00", 130, 0, 1, "", "cliente.prioritario@exemplo.com.br"),
    CardRow("Cardápio novo de brunch", "Bistrô Azulejo", "Caio Sampaio", "Chef", 21, 3, "8900.00", 85, 0, 1),
    CardRow("Cesta de boas-vindas", "Hotel Praia do Forte Real", "Renata Duarte", "Gerente geral", 71, 0, "31000.00", 180, 0, 1, "", "", "Igor Batista"),
    CardRow("Padaria interna", "Atacadão Três Irmãos", "Rodrigo Nascimento", "Diretor de compras", 85, 1, "98700.00", 1500, 0, 1),
    CardRow("Lanche da tarde", "Escola Pequeno Saber", "Cecília Andrade", "Nutricionista", 51, 4, "6700.00", 95, 0, 1),
    CardRow("Degustação para a rede", "Cafés do Porto", "Guilherme Reis", "Sócio", 51, 2, "27400.00", 260, 0, 3),
    CardRow("Brioche para hambúrguer", "Hamburgueria Brasa Viva", "Thiago Pires", "Sócio", 11, 3, "19900.00", 340, 0, 3, "", "", "Amanda Leite"),
    CardRow("Focaccia para empório", "Empório Monte Alegre", "Heloísa Guimarães", "Compradora", 31, 1, "8400.00", 70, 0, 3),
    CardRow("Café executivo", "Hotel Centro Histórico", "Murilo Cardoso", "Gerente de A&B", 81, 0, "14600.00", 150, 0, 3),
    CardRow("Panetones de fim de ano", "Grupo Horizonte Seguros", "Vanessa Correia", "Coordenadora de RH", 11, 4, "52000.00", 0, 0, 4),
    CardRow("Contrato anual", "Supermercado Ipê", "João Medeiros", "Comprador", 62, 1, "74500.00", 900, 0, 4),
    CardRow("Pães de fermentação natural", "Cafeteria Torra Clara", "Isabela Farias", "Sócia", 41, 2, "11200.00", 95, 0, 4),
    CardRow("Kit lanche para obra", "Construtora Alicerce", "Marcelo Gomes", "Administrador de obra", 27, 4, "16900.00", 210, 0, 5),
    CardRow("Abastecimento de 5 lojas", "Rede Pão & Prosa", "Larissa Moreira", "Diretora comercial", 19, 2, "38800.00", 480, 0, 5, "", "", "Henrique Dias"),
    CardRow("Ilha de pães", "Hipermercado Sol Nascente", "André Silveira", "Gerente de categoria", 85, 1, "61200.00", 820, 0, 5),
    CardRow("Café da manhã corporativo", "Tecelagem Santa Rita", "Flávia Campos", "Analista de RH", 47, 4, "9300.00", 120, 0, 5, "won"),
    CardRow("Mini pães para eventos", "Buffet Jardim Secreto", "Alice Rodrigues", "Proprietária", 11, 3, "13700.00", 100, 0, 5, "won"),
    CardRow("Linha de croissants", "Cafeteria Janela Verde", "Vinícius Alves", "Sócio", 48, 2, "10400.00", 88, 0, 5, "won", "cliente.ganho@exemplo.com.br"),
    CardRow("Pão de forma artesanal", "Mercearia do Largo", "Clara Neves", "Proprietária", 31, 1, "3900.00", 35, 0, 5, "won"),
    CardRow("Rede de pousadas", "Pousadas Rota do Sol", "Leonardo Teixeira", "Diretor", 82, 0, "29500.00", 300, 0, 1, "Fora da área de entrega"),
    CardRow("Lanches para academia", "Academia Corpo Livre", "Joana Barbosa", "Gerente", 21, 4, "2800.00", 20, 0, 0, "Sem contato"),
    CardRow("Pães para o bandejão", "Metalúrgica Ferro Forte", "Antônio Costa", "Encarregado", 11, 4, "24100.00", 520, 0, 4, "Comprou do concorrente", "cliente.perdido@exemplo.com.br"),
    CardRow("Baguetes para o jantar", "Cantina Bella Massa", "Rafael Carvalho", "Chef", 11, 3, "6100.00", 65, 0, 3, "Sem orçamento"),
    CardRow("Segunda unidade", "Café Estação", "Eduarda Melo", "Sócia", 11, 2, "7200.00", 55, 1, 0),
    CardRow("Doces de vitrine", "Confeitaria Açucena", "Camila Ribeiro", "Proprietária", 41, 2, "8800.00", 45, 1, 0),
    CardRow("Bolos de aniversário", "Supermercado Primavera", "Gustavo Lopes", "Comprador", 16, 1, "21600.00", 190, 1, 0),
    CardRow("Aumento do volume semanal", "Hotel Vale dos Ipês", "Tatiane Freitas", "Gerente de A&B", 35, 0, "17300.00", 240, 1, 0),
    CardRow("Linha integral", "Restaurante Folha Viva", "Sílvia Vieira", "Nutricionista", 61, 3, "9900.00", 105, 1, 2),
    CardRow("Entrega aos domingos", "Padaria Boa Massa", "Paulo Oliveira", "Sócio", 21, 2, "12100.00", 160, 1, 2),
    CardRow("Terceira loja", "Mercado Dois Pinheiros", "Mateus Martins", "Gerente", 42, 1, "33400.00", 450, 1, 3),
    CardRow("Renovação com reajuste", "Hospital São Lucas", "Juliana Cunha", "Supervisora de nutrição", 79, 4, "58900.00", 700, 1, 3, "won"),
    CardRow("Mais duas entregas por dia", "Lanchonete Ponto Certo", "Lucas Magalhães", "Sócio", 81, 3, "5200.00", 80, 1, 1, "Satisfeito com o volume atual"),
)  # fmt: skip

INTERACTIONS = (
    # type, what was said; given in turn to cards past their first stage
    ("phone", "Falei com a compradora: pediu tabela de preços e prazo de entrega."),
    ("email", "Enviei o catálogo de congelados e a ficha técnica dos pães."),
    ("meeting", "Visita à loja: há espaço para forno de 6 esteiras."),
    ("whatsapp", "Confirmou o recebimento das amostras e gostou do croissant."),
    ("simple", "Pesquisa: três concorrentes na mesma rua compram pão congelado."),
)
TASKS = (
    ("Ligar para confirmar a degustação", 1),
    ("Enviar proposta revisada", 2),
    ("Cobrar retorno do contrato", 3),
)
